CREATE TABLE auth_profiles (
    user_id     BLOB    NOT NULL PRIMARY KEY REFERENCES auth_users (id) ON DELETE CASCADE,
    profile     TEXT    NOT NULL,
    preferences TEXT    NOT NULL,
    visibility  TEXT    NOT NULL,
    followers   INTEGER NOT NULL,
    following   INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    deleted_at  INTEGER,
    deleted_from TEXT,
    purged_at   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX auth_profiles_deleted ON auth_profiles (deleted_at) WHERE deleted_at IS NOT NULL AND purged_at IS NULL;
CREATE INDEX auth_users_created ON auth_users (created_at, id);
CREATE INDEX auth_users_role ON auth_users (role, created_at, id);
CREATE INDEX auth_users_status ON auth_users (status, created_at, id);

CREATE TABLE auth_terms (
    user_id BLOB    NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    term    TEXT    NOT NULL,
    shown   INTEGER NOT NULL,
    PRIMARY KEY (user_id, term)
) STRICT, WITHOUT ROWID;
CREATE INDEX auth_terms_term ON auth_terms (term, user_id, shown);

CREATE TABLE auth_follows (
    follower   BLOB    NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    followee   BLOB    NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    state      TEXT    NOT NULL,
    since      INTEGER NOT NULL,
    PRIMARY KEY (follower, followee)
) STRICT, WITHOUT ROWID;
CREATE INDEX auth_follows_followers ON auth_follows (followee, state, since, follower);
CREATE INDEX auth_follows_following ON auth_follows (follower, state, since, followee);

CREATE TABLE auth_activity (
    activity   BLOB    NOT NULL PRIMARY KEY,
    owner      BLOB    NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    kind       TEXT    NOT NULL,
    target     BLOB    REFERENCES auth_users (id) ON DELETE CASCADE,
    at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX auth_activity_owner ON auth_activity (owner, at, activity);
CREATE INDEX auth_activity_target ON auth_activity (target) WHERE target IS NOT NULL;
