-- `seq` is given out while a transaction is open, so it is neither without gaps nor in the order of commits.
-- `position` is given out afterwards, by events_advance(), and readers go by it.
CREATE TABLE events_log (
    seq         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    position    bigint      UNIQUE,
    id          uuid        NOT NULL UNIQUE,
    name        text        NOT NULL,
    lane        smallint    NOT NULL,
    key         text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    body        text        NOT NULL
);
CREATE INDEX events_log_lane ON events_log (lane, position);
CREATE INDEX events_log_new ON events_log (seq) WHERE position IS NULL;

CREATE TABLE events_head (
    is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    position bigint  NOT NULL
);
INSERT INTO events_head (position) VALUES (0);

-- Gives committed events their positions, and returns the last one. It runs in the server as one statement, so
-- that a client which stops in the middle of it holds no lock. The lock on events_head makes callers queue, and each
-- statement after it sees what was committed by then: of two events of which one was recorded after the other had
-- been committed, no caller sees the later one alone, and `seq` puts them in order.
CREATE FUNCTION events_advance() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    head  bigint;
    fresh bigint[];
BEGIN
    IF NOT EXISTS (SELECT FROM events_log WHERE position IS NULL) THEN
        SELECT h.position INTO head FROM events_head h;
        RETURN head;
    END IF;
    SELECT h.position INTO head FROM events_head h FOR UPDATE;
    SELECT array_agg(n.seq ORDER BY n.seq) INTO fresh
    FROM (SELECT l.seq FROM events_log l WHERE l.position IS NULL ORDER BY l.seq LIMIT 5000) n;
    IF fresh IS NULL THEN
        RETURN head;
    END IF;
    UPDATE events_log l SET position = head + f.n
    FROM unnest(fresh) WITH ORDINALITY AS f (seq, n)
    WHERE l.seq = f.seq;
    head := head + cardinality(fresh);
    UPDATE events_head SET position = head;
    RETURN head;
END
$$;

CREATE TABLE events_subscribers (
    name      text    PRIMARY KEY,
    is_paused boolean NOT NULL DEFAULT false
);

CREATE TABLE events_lanes (
    subscriber text     NOT NULL REFERENCES events_subscribers (name) ON DELETE CASCADE,
    lane       smallint NOT NULL,
    owner      uuid,
    fence      bigint   NOT NULL DEFAULT 0,
    position   bigint   NOT NULL,
    PRIMARY KEY (subscriber, lane)
) WITH (fillfactor = 50);

CREATE TABLE events_members (
    subscriber text   NOT NULL REFERENCES events_subscribers (name) ON DELETE CASCADE,
    node       uuid   NOT NULL,
    beat       bigint NOT NULL,
    PRIMARY KEY (subscriber, node)
) WITH (fillfactor = 50);

-- The first of each key has a time; those behind it have none.
CREATE TABLE events_waiting (
    subscriber text     NOT NULL REFERENCES events_subscribers (name) ON DELETE CASCADE,
    lane       smallint NOT NULL,
    position   bigint   NOT NULL,
    event_id   uuid     NOT NULL,
    key        text     NOT NULL,
    attempt    integer  NOT NULL,
    due_at     timestamptz,
    error      text,
    PRIMARY KEY (subscriber, lane, position)
);
CREATE INDEX events_waiting_due ON events_waiting (subscriber, lane, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX events_waiting_key ON events_waiting (subscriber, lane, key, position);
CREATE INDEX events_waiting_position ON events_waiting (position);

-- No reference to events_subscribers: it would be checked for every event that is handled.
CREATE TABLE events_inbox (
    subscriber text        NOT NULL,
    event_id   uuid        NOT NULL,
    handled_at timestamptz NOT NULL,
    PRIMARY KEY (subscriber, event_id)
);
CREATE INDEX events_inbox_event ON events_inbox (event_id);

CREATE TABLE events_poisoned (
    subscriber text        NOT NULL REFERENCES events_subscribers (name) ON DELETE CASCADE,
    position   bigint      NOT NULL,
    lane       smallint    NOT NULL,
    event_id   uuid        NOT NULL,
    key        text        NOT NULL,
    attempts   integer     NOT NULL,
    error      text        NOT NULL,
    failed_at  timestamptz NOT NULL,
    PRIMARY KEY (subscriber, position)
);
CREATE INDEX events_poisoned_position ON events_poisoned (position);
