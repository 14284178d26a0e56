CREATE TABLE {{snake}}_items (
    id BLOB PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (owner, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX {{snake}}_items_newest ON {{snake}}_items (owner, created_at DESC, id DESC);
