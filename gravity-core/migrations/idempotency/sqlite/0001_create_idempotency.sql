-- A row without an answer is a claim, which holds until it expires.
CREATE TABLE idempotency_keys (
    id          BLOB    NOT NULL PRIMARY KEY,
    fingerprint BLOB    NOT NULL,
    fence       INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    answer      BLOB
) STRICT;
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);
