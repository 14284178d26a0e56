CREATE TABLE {{snake}}_items (
    id uuid PRIMARY KEY,
    owner text NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (owner, name)
);

CREATE INDEX {{snake}}_items_newest ON {{snake}}_items (owner, created_at DESC, id DESC);
