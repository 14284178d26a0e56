-- Rows stay when a lock is released, so that tokens only grow.
CREATE TABLE locks_held (
    name       TEXT    NOT NULL PRIMARY KEY,
    token      INTEGER NOT NULL,
    holder     BLOB,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The highest token that has written, of locks which are kept elsewhere.
CREATE TABLE locks_fences (
    name  TEXT    NOT NULL PRIMARY KEY,
    token INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
