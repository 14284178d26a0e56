-- Names are in the order of their bytes, as in SQLite and in memory.
CREATE TABLE schedules (
    name          text        COLLATE "C" PRIMARY KEY,
    defined_by    text,
    definition    text        NOT NULL,
    is_paused     boolean     NOT NULL,
    revision      bigint      NOT NULL,
    next_at       timestamptz,
    last_tick     timestamptz,
    last_fired_at timestamptz,
    fired         bigint      NOT NULL,
    missed        bigint      NOT NULL
);
CREATE INDEX schedules_next ON schedules (next_at) WHERE next_at IS NOT NULL;
