CREATE TABLE notes (
    id uuid PRIMARY KEY,
    owner text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL,
    version bigint NOT NULL,
    UNIQUE (owner, title)
);

CREATE INDEX notes_by_owner ON notes (owner, created_at DESC, id DESC);
