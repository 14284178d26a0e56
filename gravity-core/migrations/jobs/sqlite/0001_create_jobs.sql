-- `stage` tells what a job waits for: 0 a node, 1 its time, 2 another of its key; 3 done, 4 dead, 5 cancelled.
-- One of stage 0 that has a node is running.
CREATE TABLE jobs (
    seq           INTEGER PRIMARY KEY,
    id            BLOB    NOT NULL UNIQUE,
    queue         TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    stage         INTEGER NOT NULL,
    priority      INTEGER NOT NULL,
    node          BLOB,
    fence         INTEGER NOT NULL DEFAULT 0,
    failures      INTEGER NOT NULL DEFAULT 0,
    lapses        INTEGER NOT NULL DEFAULT 0,
    max_attempts  INTEGER NOT NULL,
    timeout_ms    INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    run_at        INTEGER NOT NULL,
    claimed_at    INTEGER,
    finished_at   INTEGER,
    is_holding    BOOLEAN NOT NULL DEFAULT FALSE,
    is_paid       BOOLEAN NOT NULL DEFAULT FALSE,
    is_cancelling BOOLEAN NOT NULL DEFAULT FALSE,
    key           TEXT,
    rate_key      TEXT,
    unique_key    TEXT,
    is_open_only  BOOLEAN NOT NULL DEFAULT FALSE,
    correlation   TEXT,
    progress      TEXT,
    errors        TEXT,
    payload       TEXT    NOT NULL
);
CREATE INDEX jobs_ready ON jobs (queue, priority DESC, seq) WHERE stage = 0;
CREATE INDEX jobs_due ON jobs (run_at) WHERE stage = 1;
CREATE INDEX jobs_line ON jobs (queue, key, seq) WHERE key IS NOT NULL AND stage < 3;
-- Whatever else happens, two jobs of a key never run at once.
CREATE UNIQUE INDEX jobs_holder ON jobs (queue, key) WHERE is_holding;
CREATE INDEX jobs_finished ON jobs (stage, finished_at) WHERE stage > 2;

CREATE TABLE jobs_uniques (
    kind       TEXT NOT NULL,
    unique_key TEXT NOT NULL,
    job        BLOB NOT NULL,
    until      INTEGER,
    PRIMARY KEY (kind, unique_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs_nodes (
    id       BLOB    NOT NULL PRIMARY KEY,
    beat     INTEGER NOT NULL DEFAULT 0,
    is_alive BOOLEAN NOT NULL DEFAULT TRUE
) WITHOUT ROWID;

CREATE TABLE jobs_rates (
    queue TEXT    NOT NULL,
    key   TEXT    NOT NULL,
    used  INTEGER NOT NULL,
    PRIMARY KEY (queue, key)
) STRICT, WITHOUT ROWID;
