//! Sessions in Redis and all else in the database: what holds between the two.
#![cfg(all(feature = "testing", feature = "redis", any(feature = "sqlite", feature = "postgres")))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join, join_all};
use gravity_auth::domain::{EndReason, Session, UserStatus};
use gravity_auth::store::{AuthStore as _, Change, Refused, Rotation, Trail};
use gravity_auth::testing::Stage;
use gravity_auth::testing::http::{PASSWORD, clock, config};
use gravity_auth::{Auth, DevMailbox, Registered, Registration, SignUp, SqlStore};
use gravity_core::audit::Origin;
use gravity_core::db::Engine;
use gravity_core::redis::cmd;
use gravity_core::security::{Key, KeyRing};
use gravity_core::testing::http::Kind;
use gravity_core::{Clock, ErrorKind, Id, SecretString, Timestamp};
use serde_json::Value;

use world::{World, apply, start, told, until_it_answers};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_leaves_redis_as_it_was() {
    World::each(async |world| {
        let store = world.store().await;
        let user = world.registered(&store).await;
        let (first, second) = (world.signed_in(&store, user).await, world.signed_in(&store, user).await);
        let (before, records) = (world.everything().await, world.records().await);
        let all = world.end_all(user);
        let changes = [world.end(&first), start(&world.new_session(user)), all, world.end(&second)];
        let refused = store.apply(&changes, &told()).await;
        assert!(matches!(refused, Err(Refused::Stale)), "it has ended before: {refused:?}");
        let stranger = world.new_session(Id::new(&Clock::default()));
        let refused = store.apply(&[world.end(&first), start(&stranger)], &told()).await;
        assert!(matches!(refused, Err(Refused::Stale)), "nobody signs in who is not there: {refused:?}");
        assert_eq!((world.everything().await, world.records().await), (before, records));
        assert_eq!(world.live(&store, user).await.len(), 2);
        // And together what goes together.
        let third = world.new_session(user);
        store.apply(&[world.end_all(user), start(&third)], &told()).await.unwrap();
        assert_eq!(world.live(&store, user).await, [third.id]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_fails_is_taken_back() {
    World::each(async |world| {
        let store = world.store().await;
        let user = world.registered(&store).await;
        let session = world.signed_in(&store, user).await;
        let before = world.everything().await;
        // Whoever is recorded makes the commit fail, and no statement before it.
        let [first, second] = match world.db.engine() {
            Engine::Sqlite => [
                "CREATE TABLE dangling (id BLOB REFERENCES auth_users (id) DEFERRABLE INITIALLY DEFERRED)",
                "CREATE TRIGGER dangle AFTER INSERT ON audit_records BEGIN INSERT INTO dangling VALUES (x'00'); END",
            ],
            Engine::Postgres => [
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'",
                "CREATE CONSTRAINT TRIGGER dangle AFTER INSERT ON audit_records DEFERRABLE INITIALLY DEFERRED \
                 FOR EACH ROW EXECUTE FUNCTION refuse()",
            ],
        };
        for sql in [first, second] {
            world.db.query(sql).execute().await.unwrap();
        }
        let changes = [world.end_all(user), start(&world.new_session(user))];
        let failed = store.apply(&changes, &told()).await;
        assert!(matches!(failed, Err(Refused::Failed(_))), "{failed:?}");
        assert_eq!(world.everything().await, before);
        assert_eq!(world.live(&store, user).await, [session.id]);
        let rotate = world.rotation(&session, 0);
        store.rotate(&rotate, &told(), &Trail::NONE).await.unwrap_err();
        assert_eq!(world.everything().await, before);
        assert!(matches!(world.rotate(&store, &session, 0).await, Rotation::Done(_)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_nothing_is_done_by_half() {
    World::each(async |world| {
        let (redis, line) = world.test.through_proxy().await;
        let store = world.node(&redis).await;
        let user = world.registered(&store).await;
        let session = world.signed_in(&store, user).await;
        let (before, records) = (world.everything().await, world.records().await);
        line.close();
        let unavailable = |outcome: Result<(), Refused>| match outcome {
            Err(Refused::Failed(error)) => assert_eq!(error.kind(), ErrorKind::Unavailable),
            other => panic!("{other:?}"),
        };
        let suspended = Change::SetStatus { user, to: UserStatus::Suspended, at: world.now() };
        for change in [world.end(&session), world.end_all(user), start(&world.new_session(user)), suspended] {
            unavailable(store.apply(&[change], &told()).await);
        }
        let rotated = store.rotate(&world.rotation(&session, 0), &Trail::NONE, &told()).await;
        assert_eq!(rotated.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(store.session(session.id).await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(
            store.sessions(user, world.now(), None, 9).await.unwrap_err().kind(),
            ErrorKind::Unavailable
        );
        // What has ended is in the database, and so is known all the same.
        assert_eq!(store.ended_since(Timestamp::MIN, 9).await.unwrap(), []);
        assert_eq!((world.everything().await, world.records().await), (before, records));
        let user_now = store.user(user).await.unwrap().unwrap();
        assert_eq!(user_now.status, UserStatus::Active);
        line.resume();
        until_it_answers(&redis).await;
        assert!(matches!(world.rotate(&store, &session, 0).await, Rotation::Done(_)));
        store.apply(&[world.end(&session)], &told()).await.unwrap();
        assert_eq!(world.live(&store, user).await, []);
        assert_eq!(world.records().await, records + 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_that_answers_no_more_in_the_middle_is_an_error() {
    World::each(async |world| {
        let (redis, line) = world.test.through_proxy().await;
        let store = Arc::new(world.node(&redis).await);
        let user = world.registered(&store).await;
        let session = world.signed_in(&store, user).await;
        line.stall();
        let ending = {
            let (store, change) = (store.clone(), world.end(&session));
            tokio::spawn(async move { store.apply(&[change], &told()).await })
        };
        let failed = ending.await.unwrap();
        assert!(matches!(&failed, Err(Refused::Failed(error)) if error.kind() == ErrorKind::Unavailable));
        assert_eq!(world.records().await, 0);
        line.resume();
        until_it_answers(&redis).await;
        assert_eq!(world.live(&store, user).await, [session.id]);
        assert!(matches!(world.rotate(&store, &session, 0).await, Rotation::Done(_)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_in_who_was_suspended_on_another_node() {
    World::each(async |world| {
        let here = world.store().await;
        let there = world.node(&world.test.other_node()).await;
        for round in 0..12 {
            let user = world.registered(&here).await;
            let mut sessions = Vec::new();
            for _ in 0..3 {
                sessions.push(world.signed_in(&here, user).await);
            }
            let new: Vec<Session> = (0..6).map(|_| world.new_session(user)).collect();
            let suspend =
                apply(&here, Change::SetStatus { user, to: UserStatus::Suspended, at: world.now() });
            let starts = join_all(
                new.iter()
                    .enumerate()
                    .map(|(at, session)| apply(if at % 2 == 0 { &here } else { &there }, start(session))),
            );
            let turns = join_all(sessions.iter().flat_map(|session| {
                [(&here, session), (&there, session), (&there, session)]
                    .map(|(node, session)| world.rotate(node, session, 0))
            }));
            let ends = join(apply(&there, world.end(&sessions[0])), apply(&there, world.end_all(user)));
            let ((suspended, _), ((_, all_ended), _)) = join(join(suspend, starts), join(ends, turns)).await;
            suspended.unwrap();
            all_ended.unwrap();
            for node in [&here, &there] {
                assert_eq!(world.live(node, user).await, [], "round {round}");
                for session in sessions.iter().chain(&new) {
                    let found = node.session(session.id).await.unwrap();
                    assert!(found.is_none_or(|found| !found.is_live(world.now())), "round {round}");
                    assert_eq!(world.rotate(node, session, 0).await, Rotation::Dead, "round {round}");
                }
            }
        }
        assert_eq!(world.everything().await, BTreeMap::new(), "what is over is not in Redis");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_one_refreshes_and_one_ends() {
    World::each(async |world| {
        let here = world.store().await;
        let there = world.node(&world.test.other_node()).await;
        let user = world.registered(&here).await;
        for _ in 0..12 {
            let session = world.signed_in(&here, user).await;
            let turns = (0..8).map(|at| world.rotate(if at % 2 == 0 { &here } else { &there }, &session, 0));
            let turns = join_all(turns).await;
            let done = turns.iter().filter(|turn| matches!(turn, Rotation::Done(_))).count();
            let again = turns.iter().filter(|turn| matches!(turn, Rotation::Again(_))).count();
            assert_eq!((done, again), (1, 7));
            let ends = (0..8).map(|at| apply(if at % 2 == 0 { &here } else { &there }, world.end(&session)));
            let ended = join_all(ends).await.into_iter().flatten().count();
            assert_eq!(ended, 1);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_copy_of_redis_lets_nobody_in() {
    World::each(async |world| {
        let store = world.store().await;
        let user = world.registered(&store).await;
        let mut sessions = Vec::new();
        for _ in 0..4 {
            sessions.push(world.signed_in(&store, user).await);
        }
        let redis = world.test.redis();
        let copy = world.everything().await;
        // One signs out, one token comes twice, and the password is changed, which one session outlasts.
        apply(&store, world.end(&sessions[0])).await.unwrap();
        world.rotate(&store, &sessions[1], 0).await;
        world.time.advance(Duration::from_mins(1));
        assert!(matches!(world.rotate(&store, &sessions[1], 0).await, Rotation::Reused(_)));
        let change = Change::SetPassword {
            user,
            from: None,
            to: Some(SecretString::from("$argon2id$v=19$m=8,t=1,p=1$two")),
            keep: Some(sessions[2].id),
            reason: EndReason::PasswordChanged,
            at: world.now(),
        };
        apply(&store, change).await.unwrap();
        assert_eq!(world.live(&store, user).await, [sessions[2].id]);
        let ended = store.ended_since(Timestamp::MIN, 9).await.unwrap();
        assert_eq!(ended.len(), 3);
        // The copy is put back.
        let idle = redis.key("auth:sessions");
        for (key, value) in copy {
            if key.contains(":auth:session:") {
                redis.query::<()>(cmd("SET").arg(&key).arg(value)).await.unwrap();
            } else if key != idle {
                let ids: Vec<&str> = value.split(' ').collect();
                redis.query::<u64>(cmd("SADD").arg(&key).arg(ids)).await.unwrap();
            }
        }
        assert_eq!(world.live(&store, user).await, [sessions[2].id]);
        for (at, session) in sessions.iter().enumerate().filter(|(at, _)| *at != 2) {
            let reason = store.session(session.id).await.unwrap().unwrap().ended.unwrap().reason;
            let expected = [
                EndReason::SignedOut,
                EndReason::TokenReused,
                EndReason::TooMany,
                EndReason::PasswordChanged,
            ];
            assert_eq!(reason, expected[at]);
            assert_eq!(world.rotate(&store, session, 0).await, Rotation::Dead);
            assert!(matches!(apply(&store, world.end(session)).await, Err(Refused::Stale)));
        }
        assert!(matches!(world.rotate(&store, &sessions[2], 0).await, Rotation::Done(_)));
        // With the next sign-in they are gone from Redis, too.
        let new = world.signed_in(&store, user).await;
        let list = redis.key(format_args!("auth:sessions:{user}"));
        assert_eq!(redis.query::<u64>(cmd("SCARD").arg(list)).await.unwrap(), 2);
        assert_eq!(world.live(&store, user).await, [new.id, sessions[2].id]);
        apply(&store, world.end_all(user)).await.unwrap();
        assert_eq!(world.live(&store, user).await, []);
        assert_eq!(store.ended_since(Timestamp::MIN, 9).await.unwrap().len(), 5);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_that_has_forgotten_costs_sign_ins_only() {
    World::each(async |world| {
        let store = world.store().await;
        let user = world.registered(&store).await;
        let (ended, lost) = (world.signed_in(&store, user).await, world.signed_in(&store, user).await);
        let evicted = world.signed_in(&store, user).await;
        apply(&store, world.end(&ended)).await.unwrap();
        let redis = world.test.redis();
        // One text is thrown away, and the list knows nothing of it.
        let key = redis.key(format_args!("auth:session:{}", evicted.id));
        assert_eq!(redis.query::<u64>(cmd("DEL").arg(key)).await.unwrap(), 1);
        assert_eq!(world.live(&store, user).await, [lost.id]);
        assert_eq!(world.rotate(&store, &evicted, 0).await, Rotation::Dead);
        world.time.advance(Duration::from_secs(1));
        let next = world.signed_in(&store, user).await;
        assert_eq!(world.live(&store, user).await, [next.id, lost.id]);
        // And now all of it.
        let keys: Vec<String> = redis.query(cmd("KEYS").arg(redis.key("*"))).await.unwrap();
        redis.query::<u64>(cmd("DEL").arg(keys)).await.unwrap();
        assert_eq!(world.live(&store, user).await, []);
        assert_eq!(world.rotate(&store, &lost, 0).await, Rotation::Dead);
        assert_eq!(store.ended_since(Timestamp::MIN, 9).await.unwrap().len(), 1, "it is known who was out");
        let again = world.signed_in(&store, user).await;
        assert_eq!(world.live(&store, user).await, [again.id]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_writes_to_redis_becomes_nobody_else() {
    World::each(async |world| {
        let store = world.store().await;
        let (admin, thief) = (world.registered(&store).await, world.registered(&store).await);
        let theirs = world.signed_in(&store, admin).await;
        let [mine, copied, broken] = [(); 3].map(|()| world.new_session(thief));
        for session in [&mine, &copied, &broken] {
            apply(&store, start(session)).await.unwrap();
        }
        let redis = world.test.redis();
        let key = |session: &Session| redis.key(format_args!("auth:session:{}", session.id));
        let get = async |session| redis.query::<String>(cmd("GET").arg(key(session))).await.unwrap();
        let set = async |session, text: &str| {
            redis.query::<()>(cmd("SET").arg(key(session)).arg(text)).await.unwrap();
        };
        // Another user's, another session's, and nothing at all.
        set(&mine, &get(&mine).await.replace(&thief.to_string(), &admin.to_string())).await;
        set(&copied, &get(&theirs).await).await;
        set(&broken, "{}").await;
        let list = redis.key(format_args!("auth:sessions:{admin}"));
        let forged = [mine.id.to_string(), copied.id.to_string()];
        redis.query::<u64>(cmd("SADD").arg(list).arg(&forged)).await.unwrap();
        for session in [&mine, &copied, &broken] {
            assert_eq!(store.session(session.id).await.unwrap(), None);
            assert_eq!(world.rotate(&store, session, 0).await, Rotation::Dead);
            assert!(matches!(apply(&store, world.end(session)).await, Err(Refused::Stale)));
        }
        assert_eq!(world.live(&store, admin).await, [theirs.id]);
        assert_eq!(world.live(&store, thief).await, []);
        // They are out, and can come in again.
        let again = world.signed_in(&store, thief).await;
        assert_eq!(world.live(&store, thief).await, [again.id]);
        apply(&store, world.end_all(admin)).await.unwrap();
        assert_eq!(store.ended_since(Timestamp::MIN, 9).await.unwrap().len(), 1);
        // A key that is gone takes its sessions along, and keeps nobody out.
        let others = KeyRing::new(Key::generate("other").unwrap());
        let later = SqlStore::new(world.db.clone(), &others, Clock::system()).await.unwrap();
        let later = later.with_sessions_in(&redis);
        assert_eq!(world.live(&later, thief).await, []);
        let anew = world.signed_in(&later, thief).await;
        assert_eq!(world.live(&later, thief).await, [anew.id]);
        // What nobody can read is swept with the rest.
        set(&anew, "?").await;
        world.time.advance(Duration::from_hours(2));
        assert!(later.sweep(world.now(), world.now(), 100).await.unwrap() >= 1);
        assert!(!world.everything().await.contains_key(&key(&anew)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_the_table_go_on() {
    World::each(async |world| {
        let (before, store) = (world.in_tables().await, world.store().await);
        let user = world.registered(&before).await;
        let (old, older) = (world.signed_in(&before, user).await, world.signed_in(&before, user).await);
        world.time.advance(Duration::from_secs(1));
        let new = world.signed_in(&store, user).await;
        let mut both = vec![old.id, older.id];
        both.sort();
        both.reverse();
        assert_eq!(world.live(&store, user).await, [vec![new.id], both].concat());
        let page = store.sessions(user, world.now(), None, 2).await.unwrap();
        assert_eq!((page.items.len(), page.next.is_some()), (2, true));
        let rest = store.sessions(user, world.now(), page.next.as_ref(), 2).await.unwrap();
        let back = store.sessions(user, world.now(), rest.previous.as_ref(), 2).await.unwrap();
        assert_eq!((rest.items.len(), back.items), (1, page.items));
        assert!(matches!(world.rotate(&store, &old, 0).await, Rotation::Done(_)));
        let name = Some("the same".to_owned());
        apply(&store, Change::NameSession { user, session: old.id, name, at: world.now() }).await.unwrap();
        assert_eq!(store.session(old.id).await.unwrap().unwrap().client.name.as_deref(), Some("the same"));
        // They count with the others, and end with them.
        world.time.advance(Duration::from_secs(1));
        let newest = world.new_session(user);
        let start = Change::StartSession { session: newest.clone(), password: None, most: 2 };
        apply(&store, start).await.unwrap();
        assert_eq!(world.live(&store, user).await, [newest.id, new.id]);
        let kept = world.signed_in(&before, user).await;
        apply(&store, world.end_all(user)).await.unwrap();
        assert_eq!(world.live(&store, user).await, []);
        assert_eq!(world.live(&before, user).await, []);
        assert_eq!(world.rotate(&store, &kept, 0).await, Rotation::Dead);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_run_out_is_swept_in_steps() {
    World::each(async |world| {
        let store = world.store().await;
        for _ in 0..3 {
            let user = world.registered(&store).await;
            for _ in 0..50 {
                world.signed_in(&store, user).await;
            }
        }
        world.time.advance(Duration::from_hours(2));
        let user = world.registered(&store).await;
        let live = world.signed_in(&store, user).await;
        let sweep = async |limit| store.sweep(world.now(), world.now(), limit).await.unwrap();
        let both: u64 = join_all([sweep(20), sweep(20)]).await.iter().sum();
        assert!((20..=40).contains(&both), "two nodes at once: {both}");
        assert_eq!(sweep(1_000).await, 150 - both, "each is counted once");
        assert_eq!(sweep(1_000).await, 0);
        assert_eq!(world.everything().await.len(), 3, "one session, its list, and when it runs out");
        assert_eq!(world.live(&store, user).await, [live.id]);
    })
    .await;
}

async fn everything_of(auth: &Auth) -> (String, String) {
    let ada = Registration {
        email: "ada@example.org".parse().unwrap(),
        password: SecretString::from(PASSWORD),
        user_name: None,
        first_name: None,
        last_name: None,
    };
    match auth.register(ada, &Origin::default()).await.unwrap() {
        Registered::SignedIn(signed) => {
            (signed.access_token.expose().clone(), signed.refresh_token.expose().clone())
        }
        Registered::MailComes => panic!("somebody is signed in at once"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_sees_no_token_and_no_address_of_mail() {
    World::each(async |world| {
        let (mailbox, time) = (DevMailbox::default(), clock());
        let config = config(&mailbox, &time).with_sign_up(SignUp::Immediate);
        let config = config.with_sessions_in(&world.test.redis());
        let auth = Auth::new(world.db.clone(), config).await.unwrap();
        let (access, refresh) = everything_of(&auth).await;
        let refreshed = auth.refresh(&refresh, &Origin::default()).await.unwrap();
        let kept = world.everything().await;
        assert_eq!(kept.len(), 3);
        for secret in [&access, &refresh, refreshed.refresh_token.expose(), &"ada@".to_owned()] {
            let parts = secret.split('.').filter(|part| part.len() > 12 || part.contains('@'));
            for part in parts.chain([secret.as_str()]) {
                assert!(!kept.values().any(|value| value.contains(part)), "{part}");
            }
        }
        let text = kept.values().find_map(|value| value.split_once(" {")).unwrap().1;
        let text: Value = serde_json::from_str(&format!("{{{text}")).unwrap();
        let mut names: Vec<&str> = text.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        let columns = [
            "client",
            "created_at",
            "expires_at",
            "generation",
            "id",
            "idle_until",
            "methods",
            "proved_at",
            "refreshed_at",
            "seed",
            "user",
        ];
        assert_eq!(names, columns, "what the table has, and no more");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_calls_is_told_to_come_again() {
    World::each(async |world| {
        let (mailbox, time) = (DevMailbox::default(), clock());
        let (redis, line) = world.test.through_proxy().await;
        let config = config(&mailbox, &time).with_sessions_in(&redis);
        let auth = Auth::new(world.db.clone(), config).await.unwrap();
        let stage = Stage::new(Kind::Hyper, auth, mailbox, time);
        let ada = stage.signed_in().await;
        line.close();
        let refresh = serde_json::json!({ "refresh_token": ada.refresh });
        for reply in [stage.login(&ada.email, PASSWORD).await, stage.post("/refresh", refresh.clone()).await]
        {
            assert_eq!(reply.refusal(), (503, "redis.unavailable"), "{reply:?}");
            assert!(reply.headers.contains_key("retry-after"), "{reply:?}");
        }
        assert_eq!(stage.ask("GET", &ada.access, "/me", Value::Null).await.status, 200, "tokens go on");
        line.resume();
        until_it_answers(&redis).await;
        assert_eq!(stage.post("/refresh", refresh).await.status, 200);
        stage.sign_in(&ada.email).await;
    })
    .await;
}
