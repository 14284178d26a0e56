CREATE TABLE schedules (
    name          TEXT    NOT NULL PRIMARY KEY,
    defined_by    TEXT,
    definition    TEXT    NOT NULL,
    is_paused     BOOLEAN NOT NULL,
    revision      INTEGER NOT NULL,
    next_at       INTEGER,
    last_tick     INTEGER,
    last_fired_at INTEGER,
    fired         INTEGER NOT NULL,
    missed        INTEGER NOT NULL
);
CREATE INDEX schedules_next ON schedules (next_at) WHERE next_at IS NOT NULL;
