CREATE TABLE sagas (
    id          BLOB    NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    status      TEXT    NOT NULL,
    checkpoint  INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    finished_at INTEGER,
    progress    TEXT    NOT NULL
) STRICT;
CREATE INDEX sagas_name ON sagas (name, status, id);
CREATE INDEX sagas_status ON sagas (status, id);
CREATE INDEX sagas_finished ON sagas (finished_at) WHERE finished_at IS NOT NULL;
