CREATE TABLE auth_passkeys (
    id              BLOB    NOT NULL PRIMARY KEY,
    user_id         BLOB    NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    name            TEXT    NOT NULL,
    credential      BLOB    NOT NULL UNIQUE,
    public_key      BLOB    NOT NULL,
    counter         INTEGER NOT NULL,
    backup_eligible INTEGER NOT NULL,
    backed_up       INTEGER NOT NULL,
    aaguid          BLOB    NOT NULL,
    user_verified   INTEGER NOT NULL,
    transports      TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    last_used_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX auth_passkeys_user ON auth_passkeys (user_id, created_at, id);
