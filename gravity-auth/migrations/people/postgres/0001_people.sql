CREATE TABLE auth_profiles (
    user_id     uuid    NOT NULL PRIMARY KEY REFERENCES auth_users (id) ON DELETE CASCADE,
    profile     jsonb    NOT NULL,
    preferences jsonb    NOT NULL,
    visibility  text    NOT NULL,
    followers   bigint NOT NULL,
    following   bigint NOT NULL,
    version     bigint NOT NULL,
    deleted_at  timestamptz,
    deleted_from text,
    purged_at   timestamptz
);
CREATE INDEX auth_profiles_deleted ON auth_profiles (deleted_at) WHERE deleted_at IS NOT NULL AND purged_at IS NULL;
CREATE INDEX auth_users_created ON auth_users (created_at, id);
CREATE INDEX auth_users_role ON auth_users (role, created_at, id);
CREATE INDEX auth_users_status ON auth_users (status, created_at, id);

CREATE TABLE auth_terms (
    user_id uuid    NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    term    text COLLATE "C" NOT NULL,
    shown   boolean NOT NULL,
    PRIMARY KEY (user_id, term)
);
CREATE INDEX auth_terms_term ON auth_terms (term, user_id, shown);

CREATE TABLE auth_follows (
    follower   uuid    NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    followee   uuid    NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    state      text    NOT NULL,
    since      timestamptz NOT NULL,
    PRIMARY KEY (follower, followee)
);
CREATE INDEX auth_follows_followers ON auth_follows (followee, state, since, follower);
CREATE INDEX auth_follows_following ON auth_follows (follower, state, since, followee);

CREATE TABLE auth_activity (
    activity   uuid    NOT NULL PRIMARY KEY,
    owner      uuid    NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    kind       text    NOT NULL,
    target     uuid    REFERENCES auth_users (id) ON DELETE CASCADE,
    at         timestamptz NOT NULL
);
CREATE INDEX auth_activity_owner ON auth_activity (owner, at, activity);
CREATE INDEX auth_activity_target ON auth_activity (target) WHERE target IS NOT NULL;
