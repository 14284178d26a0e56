-- Rows stay when a lock is released, so that tokens only grow.
CREATE TABLE locks_held (
    name       text        PRIMARY KEY,
    token      bigint      NOT NULL,
    holder     uuid,
    expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- The highest token that has written, of locks which are kept elsewhere.
CREATE TABLE locks_fences (
    name  text   PRIMARY KEY,
    token bigint NOT NULL
) WITH (fillfactor = 50);
