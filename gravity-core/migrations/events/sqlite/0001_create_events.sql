-- One transaction writes at a time, so positions are given out in the order of commits.
CREATE TABLE events_log (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    id          BLOB    NOT NULL UNIQUE,
    name        TEXT    NOT NULL,
    lane        INTEGER NOT NULL,
    key         TEXT    NOT NULL,
    recorded_at INTEGER NOT NULL,
    body        TEXT    NOT NULL
) STRICT;
CREATE INDEX events_log_lane ON events_log (lane, position);

CREATE TABLE events_subscribers (
    name      TEXT    NOT NULL PRIMARY KEY,
    is_paused BOOLEAN NOT NULL DEFAULT FALSE
);

CREATE TABLE events_lanes (
    subscriber TEXT    NOT NULL REFERENCES events_subscribers (name) ON DELETE CASCADE,
    lane       INTEGER NOT NULL,
    owner      BLOB,
    fence      INTEGER NOT NULL DEFAULT 0,
    position   INTEGER NOT NULL,
    PRIMARY KEY (subscriber, lane)
) STRICT, WITHOUT ROWID;

CREATE TABLE events_members (
    subscriber TEXT    NOT NULL REFERENCES events_subscribers (name) ON DELETE CASCADE,
    node       BLOB    NOT NULL,
    beat       INTEGER NOT NULL,
    PRIMARY KEY (subscriber, node)
) STRICT, WITHOUT ROWID;

-- The first of each key has a time; those behind it have none.
CREATE TABLE events_waiting (
    subscriber TEXT    NOT NULL REFERENCES events_subscribers (name) ON DELETE CASCADE,
    lane       INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    event_id   BLOB    NOT NULL,
    key        TEXT    NOT NULL,
    attempt    INTEGER NOT NULL,
    due_at     INTEGER,
    error      TEXT,
    PRIMARY KEY (subscriber, lane, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX events_waiting_due ON events_waiting (subscriber, lane, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX events_waiting_key ON events_waiting (subscriber, lane, key, position);
CREATE INDEX events_waiting_position ON events_waiting (position);

-- No reference to events_subscribers: it would be checked for every event that is handled.
CREATE TABLE events_inbox (
    subscriber TEXT    NOT NULL,
    event_id   BLOB    NOT NULL,
    handled_at INTEGER NOT NULL,
    PRIMARY KEY (subscriber, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX events_inbox_event ON events_inbox (event_id);

CREATE TABLE events_poisoned (
    subscriber TEXT    NOT NULL REFERENCES events_subscribers (name) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    lane       INTEGER NOT NULL,
    event_id   BLOB    NOT NULL,
    key        TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,
    error      TEXT    NOT NULL,
    failed_at  INTEGER NOT NULL,
    PRIMARY KEY (subscriber, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX events_poisoned_position ON events_poisoned (position);
