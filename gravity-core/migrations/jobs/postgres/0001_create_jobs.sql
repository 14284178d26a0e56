-- `stage` tells what a job waits for: 0 a node, 1 its time, 2 another of its key; 3 done, 4 dead, 5 cancelled.
-- One of stage 0 that has a node is running. `node` is in no index and no index's condition, and pages have room, so
-- that taking a job writes one new version of its row beside the old one, and no index.
CREATE TABLE jobs (
    id            uuid        NOT NULL PRIMARY KEY,
    seq           bigint      GENERATED ALWAYS AS IDENTITY,
    queue         text        NOT NULL,
    kind          text        NOT NULL,
    stage         smallint    NOT NULL,
    priority      smallint    NOT NULL,
    node          uuid,
    fence         bigint      NOT NULL DEFAULT 0,
    failures      integer     NOT NULL DEFAULT 0,
    lapses        integer     NOT NULL DEFAULT 0,
    max_attempts  integer     NOT NULL,
    timeout_ms    bigint      NOT NULL,
    created_at    timestamptz NOT NULL,
    run_at        timestamptz NOT NULL,
    claimed_at    timestamptz,
    finished_at   timestamptz,
    is_holding    boolean     NOT NULL DEFAULT false,
    is_paid       boolean     NOT NULL DEFAULT false,
    is_cancelling boolean     NOT NULL DEFAULT false,
    key           text,
    rate_key      text,
    unique_key    text,
    is_open_only  boolean     NOT NULL DEFAULT false,
    correlation   text,
    progress      jsonb,
    errors        jsonb,
    payload       text        NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX jobs_ready ON jobs (queue, priority DESC, seq) WHERE stage = 0;
CREATE INDEX jobs_due ON jobs (run_at) WHERE stage = 1;
CREATE INDEX jobs_line ON jobs (queue, key, seq) WHERE key IS NOT NULL AND stage < 3;
-- Whatever else happens, two jobs of a key never run at once.
CREATE UNIQUE INDEX jobs_holder ON jobs (queue, key) WHERE is_holding;
CREATE INDEX jobs_finished ON jobs (stage, finished_at) WHERE stage > 2;

CREATE TABLE jobs_uniques (
    kind       text NOT NULL,
    unique_key text NOT NULL,
    job        uuid NOT NULL,
    until      timestamptz,
    PRIMARY KEY (kind, unique_key)
);

CREATE TABLE jobs_nodes (
    id       uuid    NOT NULL PRIMARY KEY,
    beat     bigint  NOT NULL DEFAULT 0,
    is_alive boolean NOT NULL DEFAULT true
) WITH (fillfactor = 50);

CREATE TABLE jobs_rates (
    queue text        NOT NULL,
    key   text        NOT NULL,
    used  timestamptz NOT NULL,
    PRIMARY KEY (queue, key)
) WITH (fillfactor = 50);
