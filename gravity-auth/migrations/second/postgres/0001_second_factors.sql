ALTER TABLE auth_sessions ADD COLUMN proved_at timestamptz;

CREATE TABLE auth_totp (
    user_id      uuid        NOT NULL PRIMARY KEY REFERENCES auth_users (id) ON DELETE CASCADE,
    sealed       bytea   NOT NULL,
    confirmed_at timestamptz,
    last_step    bigint,
    created_at   timestamptz NOT NULL
);

CREATE TABLE auth_recovery_codes (
    user_id uuid NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    mac     text NOT NULL,
    PRIMARY KEY (user_id, mac)
);

CREATE TABLE auth_challenges (
    id         uuid        NOT NULL PRIMARY KEY,
    kind       text    NOT NULL,
    user_id    uuid    NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    mac        text    NOT NULL UNIQUE,
    data       jsonb    NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX auth_challenges_user ON auth_challenges (user_id);
CREATE INDEX auth_challenges_expiry ON auth_challenges (expires_at);

CREATE TABLE auth_devices (
    id         uuid        NOT NULL PRIMARY KEY,
    user_id    uuid    NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    name       text    NOT NULL,
    mac        text    NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX auth_devices_user ON auth_devices (user_id, created_at, id);
CREATE INDEX auth_devices_expiry ON auth_devices (expires_at);
