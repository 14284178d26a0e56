ALTER TABLE auth_sessions ADD COLUMN proved_at INTEGER;

CREATE TABLE auth_totp (
    user_id      BLOB    NOT NULL PRIMARY KEY REFERENCES auth_users (id) ON DELETE CASCADE,
    sealed       BLOB    NOT NULL,
    confirmed_at INTEGER,
    last_step    INTEGER,
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE auth_recovery_codes (
    user_id BLOB NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    mac     TEXT NOT NULL,
    PRIMARY KEY (user_id, mac)
) STRICT, WITHOUT ROWID;

CREATE TABLE auth_challenges (
    id         BLOB    NOT NULL PRIMARY KEY,
    kind       TEXT    NOT NULL,
    user_id    BLOB    NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    mac        TEXT    NOT NULL UNIQUE,
    data       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX auth_challenges_user ON auth_challenges (user_id);
CREATE INDEX auth_challenges_expiry ON auth_challenges (expires_at);

CREATE TABLE auth_devices (
    id         BLOB    NOT NULL PRIMARY KEY,
    user_id    BLOB    NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    name       TEXT    NOT NULL,
    mac        TEXT    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX auth_devices_user ON auth_devices (user_id, created_at, id);
CREATE INDEX auth_devices_expiry ON auth_devices (expires_at);
