CREATE TABLE auth_orgs (
    id         BLOB NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE auth_org_members (
    org_id    BLOB NOT NULL REFERENCES auth_orgs (id) ON DELETE CASCADE,
    user_id   BLOB NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    role      TEXT NOT NULL,
    joined_at INTEGER NOT NULL,
    PRIMARY KEY (org_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX auth_org_members_user ON auth_org_members (user_id);

CREATE TABLE auth_org_invitations (
    id         BLOB NOT NULL PRIMARY KEY,
    org_id     BLOB NOT NULL REFERENCES auth_orgs (id) ON DELETE CASCADE,
    email      TEXT NOT NULL,
    email_key  TEXT NOT NULL,
    role       TEXT NOT NULL,
    mac        TEXT NOT NULL UNIQUE,
    invited_by BLOB NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (org_id, email_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX auth_org_invitations_by ON auth_org_invitations (invited_by);
CREATE INDEX auth_org_invitations_expiry ON auth_org_invitations (expires_at);
