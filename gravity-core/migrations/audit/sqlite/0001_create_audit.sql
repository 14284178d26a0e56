-- Nothing here is ever changed or deleted, but for parts that an erasure names and records that a cut covers. The
-- triggers keep mistakes from doing it; the keyed checksums find it when somebody did it all the same.
CREATE TABLE audit_records (
    id           BLOB    NOT NULL PRIMARY KEY,
    recorded_at  INTEGER NOT NULL,
    action       TEXT    NOT NULL,
    outcome      TEXT    NOT NULL,
    target_kind  TEXT,
    request_id   TEXT,
    trace_id     TEXT,
    actor        TEXT,
    impersonator TEXT,
    address      TEXT,
    user_agent   TEXT,
    actor_salt   BLOB,
    actor_hash   BLOB    NOT NULL,
    target_id    TEXT,
    before       TEXT,
    after        TEXT,
    extra        TEXT,
    target_salt  BLOB,
    target_hash  BLOB    NOT NULL,
    mac          BLOB    NOT NULL
) STRICT;
CREATE INDEX audit_records_time ON audit_records (recorded_at, id);
CREATE INDEX audit_records_actor ON audit_records (actor, recorded_at, id) WHERE actor IS NOT NULL;
CREATE INDEX audit_records_impersonator ON audit_records (impersonator) WHERE impersonator IS NOT NULL;
CREATE INDEX audit_records_target ON audit_records (target_id, recorded_at, id) WHERE target_id IS NOT NULL;
CREATE INDEX audit_records_action ON audit_records (action, recorded_at, id);

-- Committed records without a place in the chain, in the order of commits.
CREATE TABLE audit_pending (
    seq       INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    record_id BLOB    NOT NULL UNIQUE
) STRICT;

CREATE TABLE audit_chain (
    position  INTEGER NOT NULL PRIMARY KEY,
    record_id BLOB    NOT NULL UNIQUE,
    link      BLOB    NOT NULL
) STRICT;

CREATE TABLE audit_head (
    is_only  INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK (is_only = 1),
    position INTEGER NOT NULL,
    link     BLOB    NOT NULL,
    mac      BLOB    NOT NULL
) STRICT;
INSERT INTO audit_head (position, link, mac) VALUES (0, x'', x'');

CREATE TABLE audit_cuts (
    position INTEGER NOT NULL PRIMARY KEY,
    link     BLOB    NOT NULL,
    cut_at   INTEGER NOT NULL,
    mac      BLOB    NOT NULL
) STRICT;

CREATE TABLE audit_erasures (
    record_id BLOB    NOT NULL,
    part      TEXT    NOT NULL,
    erased_at INTEGER NOT NULL,
    mac       BLOB    NOT NULL,
    PRIMARY KEY (record_id, part)
) STRICT;

CREATE TRIGGER audit_enqueue AFTER INSERT ON audit_records BEGIN
    INSERT INTO audit_pending (record_id) VALUES (NEW.id);
END;

-- An update may take out the parts that an erasure names, and nothing else.
CREATE TRIGGER audit_guard_update BEFORE UPDATE ON audit_records WHEN NOT (
    NEW.id IS OLD.id AND NEW.recorded_at IS OLD.recorded_at AND NEW.action IS OLD.action
    AND NEW.outcome IS OLD.outcome AND NEW.target_kind IS OLD.target_kind AND NEW.request_id IS OLD.request_id
    AND NEW.trace_id IS OLD.trace_id AND NEW.actor_hash IS OLD.actor_hash AND NEW.target_hash IS OLD.target_hash
    AND NEW.mac IS OLD.mac
    AND (
        (NEW.actor IS OLD.actor AND NEW.impersonator IS OLD.impersonator AND NEW.address IS OLD.address
            AND NEW.user_agent IS OLD.user_agent AND NEW.actor_salt IS OLD.actor_salt)
        OR (NEW.actor IS NULL AND NEW.impersonator IS NULL AND NEW.address IS NULL
            AND NEW.user_agent IS NULL AND NEW.actor_salt IS NULL
            AND EXISTS (SELECT 1 FROM audit_erasures e WHERE e.record_id = OLD.id AND e.part = 'actor'))
    )
    AND (
        (NEW.target_id IS OLD.target_id AND NEW.before IS OLD.before AND NEW.after IS OLD.after
            AND NEW.extra IS OLD.extra AND NEW.target_salt IS OLD.target_salt)
        OR (NEW.target_id IS NULL AND NEW.before IS NULL AND NEW.after IS NULL
            AND NEW.extra IS NULL AND NEW.target_salt IS NULL
            AND EXISTS (SELECT 1 FROM audit_erasures e WHERE e.record_id = OLD.id AND e.part = 'target'))
    )
) BEGIN
    SELECT RAISE(ABORT, 'audit_records is append-only');
END;

-- A deletion may take what a cut covers.
CREATE TRIGGER audit_guard_delete_records BEFORE DELETE ON audit_records WHEN NOT EXISTS (
    SELECT 1 FROM audit_chain c WHERE c.record_id = OLD.id AND c.position <= (SELECT max(position) FROM audit_cuts)
) BEGIN
    SELECT RAISE(ABORT, 'audit_records is append-only');
END;
CREATE TRIGGER audit_guard_delete_erasures BEFORE DELETE ON audit_erasures WHEN NOT EXISTS (
    SELECT 1 FROM audit_chain c
    WHERE c.record_id = OLD.record_id AND c.position <= (SELECT max(position) FROM audit_cuts)
) BEGIN
    SELECT RAISE(ABORT, 'audit_erasures is append-only');
END;
CREATE TRIGGER audit_guard_delete_chain BEFORE DELETE ON audit_chain
WHEN OLD.position > (SELECT COALESCE(max(position), 0) FROM audit_cuts) BEGIN
    SELECT RAISE(ABORT, 'audit_chain is append-only');
END;

CREATE TRIGGER audit_refuse_update_chain BEFORE UPDATE ON audit_chain BEGIN
    SELECT RAISE(ABORT, 'audit_chain is append-only');
END;
CREATE TRIGGER audit_refuse_update_cuts BEFORE UPDATE ON audit_cuts BEGIN
    SELECT RAISE(ABORT, 'audit_cuts is append-only');
END;
CREATE TRIGGER audit_refuse_update_erasures BEFORE UPDATE ON audit_erasures BEGIN
    SELECT RAISE(ABORT, 'audit_erasures is append-only');
END;
CREATE TRIGGER audit_refuse_delete_cuts BEFORE DELETE ON audit_cuts BEGIN
    SELECT RAISE(ABORT, 'audit_cuts is append-only');
END;
CREATE TRIGGER audit_refuse_delete_head BEFORE DELETE ON audit_head BEGIN
    SELECT RAISE(ABORT, 'audit_head is append-only');
END;
