CREATE TABLE auth_passkeys (
    id              uuid        NOT NULL PRIMARY KEY,
    user_id         uuid        NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    name            text        NOT NULL,
    credential      bytea       NOT NULL UNIQUE,
    public_key      bytea       NOT NULL,
    counter         bigint      NOT NULL,
    backup_eligible boolean     NOT NULL,
    backed_up       boolean     NOT NULL,
    aaguid          uuid        NOT NULL,
    user_verified   boolean     NOT NULL,
    transports      jsonb       NOT NULL,
    created_at      timestamptz NOT NULL,
    last_used_at    timestamptz
);
CREATE INDEX auth_passkeys_user ON auth_passkeys (user_id, created_at, id);
