CREATE TABLE notes (
    id BLOB PRIMARY KEY,
    owner TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (owner, title)
) STRICT, WITHOUT ROWID;

CREATE INDEX notes_by_owner ON notes (owner, created_at DESC, id DESC);
