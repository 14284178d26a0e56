CREATE TABLE sagas (
    id          uuid        PRIMARY KEY,
    name        text        NOT NULL,
    version     bigint      NOT NULL,
    status      text        NOT NULL,
    checkpoint  bigint      NOT NULL,
    started_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    finished_at timestamptz,
    progress    text        NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX sagas_name ON sagas (name, status, id);
CREATE INDEX sagas_status ON sagas (status, id);
CREATE INDEX sagas_finished ON sagas (finished_at) WHERE finished_at IS NOT NULL;
