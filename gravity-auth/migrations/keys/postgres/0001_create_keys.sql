-- Of the nodes that replace a key at the same time, the primary key lets one through.
CREATE TABLE auth_keys (
    key_set     text        NOT NULL,
    generation  bigint      NOT NULL,
    id          text        NOT NULL,
    algorithm   text        NOT NULL,
    sealed      bytea       NOT NULL,
    created_at  timestamptz NOT NULL,
    active_from timestamptz NOT NULL,
    PRIMARY KEY (key_set, generation),
    UNIQUE (key_set, id)
);
