-- Nothing here is ever changed or deleted, but for parts that an erasure names and records that a cut covers. The
-- triggers keep mistakes from doing it; the keyed checksums find it when somebody did it all the same.
CREATE TABLE audit_records (
    id           uuid        PRIMARY KEY,
    recorded_at  timestamptz NOT NULL,
    action       text        NOT NULL,
    outcome      text        NOT NULL,
    target_kind  text,
    request_id   text,
    trace_id     text,
    actor        text,
    impersonator text,
    address      text,
    user_agent   text,
    actor_salt   bytea,
    actor_hash   bytea       NOT NULL,
    target_id    text,
    before       text,
    after        text,
    extra        text,
    target_salt  bytea,
    target_hash  bytea       NOT NULL,
    mac          bytea       NOT NULL
);
CREATE INDEX audit_records_time ON audit_records (recorded_at, id);
CREATE INDEX audit_records_actor ON audit_records (actor, recorded_at, id) WHERE actor IS NOT NULL;
CREATE INDEX audit_records_impersonator ON audit_records (impersonator) WHERE impersonator IS NOT NULL;
CREATE INDEX audit_records_target ON audit_records (target_id, recorded_at, id) WHERE target_id IS NOT NULL;
CREATE INDEX audit_records_action ON audit_records (action, recorded_at, id);

-- Committed records without a place in the chain. The number is given out while a transaction is open, so of two
-- records of which one was recorded after the other had been committed the later one has the higher number.
CREATE TABLE audit_pending (
    seq       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_id uuid   NOT NULL UNIQUE
);

CREATE TABLE audit_chain (
    position  bigint PRIMARY KEY,
    record_id uuid   NOT NULL UNIQUE,
    link      bytea  NOT NULL
);

CREATE TABLE audit_head (
    is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    position bigint  NOT NULL,
    link     bytea   NOT NULL,
    mac      bytea   NOT NULL
);
INSERT INTO audit_head (position, link, mac) VALUES (0, '', '');

CREATE TABLE audit_cuts (
    position bigint      PRIMARY KEY,
    link     bytea       NOT NULL,
    cut_at   timestamptz NOT NULL,
    mac      bytea       NOT NULL
);

CREATE TABLE audit_erasures (
    record_id uuid        NOT NULL,
    part      text        NOT NULL,
    erased_at timestamptz NOT NULL,
    mac       bytea       NOT NULL,
    PRIMARY KEY (record_id, part)
);

CREATE FUNCTION audit_enqueue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_pending (record_id) VALUES (NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_enqueue AFTER INSERT ON audit_records FOR EACH ROW EXECUTE FUNCTION audit_enqueue();

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

-- An update may take out the parts that an erasure names, and nothing else.
CREATE FUNCTION audit_guard_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    allowed audit_records := OLD;
BEGIN
    IF EXISTS (SELECT FROM audit_erasures e WHERE e.record_id = OLD.id AND e.part = 'actor') THEN
        allowed.actor := NULL;
        allowed.impersonator := NULL;
        allowed.address := NULL;
        allowed.user_agent := NULL;
        allowed.actor_salt := NULL;
    END IF;
    IF EXISTS (SELECT FROM audit_erasures e WHERE e.record_id = OLD.id AND e.part = 'target') THEN
        allowed.target_id := NULL;
        allowed.before := NULL;
        allowed.after := NULL;
        allowed.extra := NULL;
        allowed.target_salt := NULL;
    END IF;
    IF NEW IS DISTINCT FROM allowed THEN
        RAISE EXCEPTION 'audit_records is append-only' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER audit_guard_update BEFORE UPDATE ON audit_records FOR EACH ROW EXECUTE FUNCTION audit_guard_update();

-- A deletion may take what a cut covers.
CREATE FUNCTION audit_guard_delete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    cut    bigint := (SELECT max(position) FROM audit_cuts);
    record uuid;
BEGIN
    IF TG_TABLE_NAME = 'audit_chain' THEN
        IF OLD.position <= cut THEN
            RETURN OLD;
        END IF;
    ELSE
        record := (to_jsonb(OLD) ->> TG_ARGV[0])::uuid;
        IF EXISTS (SELECT FROM audit_chain c WHERE c.record_id = record AND c.position <= cut) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER audit_guard_delete BEFORE DELETE ON audit_records FOR EACH ROW EXECUTE FUNCTION audit_guard_delete('id');
CREATE TRIGGER audit_guard_delete BEFORE DELETE ON audit_erasures FOR EACH ROW EXECUTE FUNCTION audit_guard_delete('record_id');
CREATE TRIGGER audit_guard_delete BEFORE DELETE ON audit_chain FOR EACH ROW EXECUTE FUNCTION audit_guard_delete();

CREATE TRIGGER audit_refuse_update BEFORE UPDATE ON audit_chain FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_refuse_update BEFORE UPDATE ON audit_cuts FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_refuse_update BEFORE UPDATE ON audit_erasures FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_refuse_delete BEFORE DELETE ON audit_cuts FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_refuse_delete BEFORE DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION audit_refuse();

CREATE TRIGGER audit_refuse_truncate BEFORE TRUNCATE ON audit_records EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_refuse_truncate BEFORE TRUNCATE ON audit_chain EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_refuse_truncate BEFORE TRUNCATE ON audit_head EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_refuse_truncate BEFORE TRUNCATE ON audit_cuts EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_refuse_truncate BEFORE TRUNCATE ON audit_erasures EXECUTE FUNCTION audit_refuse();
