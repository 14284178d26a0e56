CREATE TABLE auth_api_keys (
    id           uuid    NOT NULL PRIMARY KEY,
    user_id      uuid    NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    name         text    NOT NULL,
    hint         text    NOT NULL,
    mac          text    NOT NULL UNIQUE,
    old_mac      text,
    old_until    timestamptz,
    scopes       text    NOT NULL,
    per_minute   bigint NOT NULL,
    version      bigint NOT NULL,
    created_by   uuid    NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    last_used_at timestamptz
);
CREATE INDEX auth_api_keys_user ON auth_api_keys (user_id, id);
CREATE INDEX auth_api_keys_old ON auth_api_keys (old_mac) WHERE old_mac IS NOT NULL;
CREATE INDEX auth_api_keys_expiry ON auth_api_keys (expires_at) WHERE expires_at IS NOT NULL;
-- The accounts of programs.
CREATE INDEX auth_users_service ON auth_users (id) WHERE email_key LIKE '%@service-account.invalid';
