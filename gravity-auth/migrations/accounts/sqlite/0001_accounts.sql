CREATE TABLE auth_accounts (
    id         BLOB    NOT NULL PRIMARY KEY,
    user_id    BLOB    NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    provider   TEXT    NOT NULL,
    issuer     TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    email      TEXT,
    created_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL,
    UNIQUE (provider, issuer, subject),
    UNIQUE (user_id, provider)
) STRICT, WITHOUT ROWID;

CREATE TABLE auth_spent (
    mark  TEXT    NOT NULL PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX auth_spent_until ON auth_spent (until);
