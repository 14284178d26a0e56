CREATE TABLE auth_users (
    id                uuid        NOT NULL PRIMARY KEY,
    email             text        NOT NULL,
    email_key         text        NOT NULL UNIQUE,
    email_verified_at timestamptz,
    user_name         text,
    user_name_key     text        UNIQUE,
    first_name        text,
    last_name         text,
    role              text        NOT NULL,
    status            text        NOT NULL,
    password          text,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL
);
CREATE INDEX auth_users_super_admin ON auth_users (id) WHERE role = 'super_admin';

CREATE TABLE auth_sessions (
    id           uuid        NOT NULL PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    seed         bytea       NOT NULL,
    generation   bigint      NOT NULL,
    refreshed_at timestamptz NOT NULL,
    methods      jsonb       NOT NULL,
    client       jsonb       NOT NULL,
    created_at   timestamptz NOT NULL,
    idle_until   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    end_reason   text
) WITH (fillfactor = 80);
CREATE INDEX auth_sessions_user ON auth_sessions (user_id, created_at, id);
CREATE INDEX auth_sessions_ended ON auth_sessions (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX auth_sessions_idle ON auth_sessions (idle_until);

CREATE TABLE auth_tickets (
    id           uuid        NOT NULL PRIMARY KEY,
    purpose      text        NOT NULL,
    user_id      uuid        NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    email        text        NOT NULL,
    mac          text        NOT NULL,
    guesses_left bigint      NOT NULL,
    data         jsonb       NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    UNIQUE (user_id, purpose)
);
CREATE INDEX auth_tickets_mac ON auth_tickets (mac);
CREATE INDEX auth_tickets_expiry ON auth_tickets (expires_at);
