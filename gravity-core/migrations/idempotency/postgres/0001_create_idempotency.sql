-- A row without an answer is a claim, which holds until it expires.
CREATE TABLE idempotency_keys (
    id          bytea       PRIMARY KEY,
    fingerprint bytea       NOT NULL,
    fence       bigint      NOT NULL,
    expires_at  timestamptz NOT NULL,
    answer      bytea
);
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);
