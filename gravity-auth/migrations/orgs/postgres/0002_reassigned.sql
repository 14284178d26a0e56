-- Whose role has changed, so that access tokens of before are refused on every node.
CREATE TABLE auth_reassigned (
    user_id uuid        NOT NULL PRIMARY KEY REFERENCES auth_users (id) ON DELETE CASCADE,
    at      timestamptz NOT NULL
);
CREATE INDEX auth_reassigned_at ON auth_reassigned (at);
