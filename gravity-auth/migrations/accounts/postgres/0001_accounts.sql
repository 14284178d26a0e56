CREATE TABLE auth_accounts (
    id         uuid        NOT NULL PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    provider   text        NOT NULL,
    issuer     text        NOT NULL,
    subject    text        NOT NULL,
    email      text,
    created_at timestamptz NOT NULL,
    used_at    timestamptz NOT NULL,
    UNIQUE (provider, issuer, subject),
    UNIQUE (user_id, provider)
);

CREATE TABLE auth_spent (
    mark  text        NOT NULL PRIMARY KEY,
    until timestamptz NOT NULL
);
CREATE INDEX auth_spent_until ON auth_spent (until);
