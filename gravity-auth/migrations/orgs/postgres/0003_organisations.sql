CREATE TABLE auth_orgs (
    id         uuid NOT NULL PRIMARY KEY,
    name       text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE auth_org_members (
    org_id    uuid NOT NULL REFERENCES auth_orgs (id) ON DELETE CASCADE,
    user_id   uuid NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    role      text NOT NULL,
    joined_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, user_id)
);
CREATE INDEX auth_org_members_user ON auth_org_members (user_id);

CREATE TABLE auth_org_invitations (
    id         uuid NOT NULL PRIMARY KEY,
    org_id     uuid NOT NULL REFERENCES auth_orgs (id) ON DELETE CASCADE,
    email      text NOT NULL,
    email_key  text NOT NULL,
    role       text NOT NULL,
    mac        text NOT NULL UNIQUE,
    invited_by uuid NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    UNIQUE (org_id, email_key)
);
CREATE INDEX auth_org_invitations_by ON auth_org_invitations (invited_by);
CREATE INDEX auth_org_invitations_expiry ON auth_org_invitations (expires_at);
