CREATE TABLE auth_api_keys (
    id           BLOB    NOT NULL PRIMARY KEY,
    user_id      BLOB    NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    name         TEXT    NOT NULL,
    hint         TEXT    NOT NULL,
    mac          TEXT    NOT NULL UNIQUE,
    old_mac      TEXT,
    old_until    INTEGER,
    scopes       TEXT    NOT NULL,
    per_minute   INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    created_by   BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX auth_api_keys_user ON auth_api_keys (user_id, id);
CREATE INDEX auth_api_keys_old ON auth_api_keys (old_mac) WHERE old_mac IS NOT NULL;
CREATE INDEX auth_api_keys_expiry ON auth_api_keys (expires_at) WHERE expires_at IS NOT NULL;
-- The accounts of programs.
CREATE INDEX auth_users_service ON auth_users (id) WHERE email_key LIKE '%@service-account.invalid';
