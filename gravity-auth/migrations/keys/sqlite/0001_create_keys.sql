-- Of the nodes that replace a key at the same time, the primary key lets one through.
CREATE TABLE auth_keys (
    key_set     TEXT    NOT NULL,
    generation  INTEGER NOT NULL,
    id          TEXT    NOT NULL,
    algorithm   TEXT    NOT NULL,
    sealed      BLOB    NOT NULL,
    created_at  INTEGER NOT NULL,
    active_from INTEGER NOT NULL,
    PRIMARY KEY (key_set, generation),
    UNIQUE (key_set, id)
) STRICT, WITHOUT ROWID;
