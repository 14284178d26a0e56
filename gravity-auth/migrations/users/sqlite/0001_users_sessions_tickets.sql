CREATE TABLE auth_users (
    id                BLOB    NOT NULL PRIMARY KEY,
    email             TEXT    NOT NULL,
    email_key         TEXT    NOT NULL UNIQUE,
    email_verified_at INTEGER,
    user_name         TEXT,
    user_name_key     TEXT    UNIQUE,
    first_name        TEXT,
    last_name         TEXT,
    role              TEXT    NOT NULL,
    status            TEXT    NOT NULL,
    password          TEXT,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX auth_users_super_admin ON auth_users (id) WHERE role = 'super_admin';

CREATE TABLE auth_sessions (
    id           BLOB    NOT NULL PRIMARY KEY,
    user_id      BLOB    NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    seed         BLOB    NOT NULL,
    generation   INTEGER NOT NULL,
    refreshed_at INTEGER NOT NULL,
    methods      TEXT    NOT NULL,
    client       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    idle_until   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    ended_at     INTEGER,
    end_reason   TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX auth_sessions_user ON auth_sessions (user_id, created_at, id);
CREATE INDEX auth_sessions_ended ON auth_sessions (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX auth_sessions_idle ON auth_sessions (idle_until);

CREATE TABLE auth_tickets (
    id           BLOB    NOT NULL PRIMARY KEY,
    purpose      TEXT    NOT NULL,
    user_id      BLOB    NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    email        TEXT    NOT NULL,
    mac          TEXT    NOT NULL,
    guesses_left INTEGER NOT NULL,
    data         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    UNIQUE (user_id, purpose)
) STRICT, WITHOUT ROWID;
CREATE INDEX auth_tickets_mac ON auth_tickets (mac);
CREATE INDEX auth_tickets_expiry ON auth_tickets (expires_at);
