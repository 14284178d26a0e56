//! What is left of those who are gone, and that somebody stays who may do everything.
#![cfg(all(feature = "testing", any(feature = "sqlite", feature = "postgres")))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::join_all;
use gravity_auth::domain::{Patch, RoleName, UserId, UserStatus};
use gravity_auth::testing::http::{PASSWORD, clock, config};
use gravity_auth::{
    Auth, AuthError, Authority, AvatarFiles, Credentials, DevMailbox, Identifier, MemoryFiles, PersonEdit,
    Picture, PictureKind, Registration,
};
use gravity_core::audit::Origin;
use gravity_core::db::{Database, Engine};
use gravity_core::testing::db::each;
use gravity_core::{Error, TestClock};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01";
const GRACE: Duration = Duration::from_hours(31 * 24);
/// What belongs to Ada and nobody else.
const MARKS: [&str; 9] = [
    "adamail",
    "adauser",
    "Adafirst",
    "Adalast",
    "Adashown",
    "adabio",
    "203.0.113.77",
    "adabrowser",
    "1977-07-07",
];

fn somebody(name: &str) -> Registration {
    Registration {
        email: format!("{name}@example.org").parse().unwrap(),
        password: PASSWORD.into(),
        user_name: None,
        first_name: None,
        last_name: None,
    }
}

/// Signs somebody in, and is them.
async fn actor(auth: &Auth, name: &str, origin: &Origin) -> Authority {
    let identifier = Identifier::of(&format!("{name}@example.org"));
    let signed_in =
        auth.sign_in(Credentials { identifier, password: PASSWORD.into() }, origin).await.unwrap();
    let claims = auth.validate(signed_in.access_token.expose()).await.unwrap();
    Authority::of(&claims.into_principal()).unwrap()
}

/// The rows of all tables, each as text, with the name of its table. What is bytes stands there in hexadecimal.
async fn rows(db: &Database) -> Vec<(String, String)> {
    let tables = match db.engine() {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        Engine::Postgres => "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()",
    };
    let tables: Vec<String> = db.query(tables).fetch_all_scalars().await.unwrap();
    let mut rows = Vec::new();
    for table in tables {
        let sql = match db.engine() {
            Engine::Postgres => format!("SELECT row_text::text FROM \"{table}\" AS row_text"),
            Engine::Sqlite => {
                let columns = format!("SELECT name FROM pragma_table_info('{table}')");
                let columns: Vec<String> = db.query(columns.leak()).fetch_all_scalars().await.unwrap();
                let quoted: Vec<_> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
                format!("SELECT {} FROM \"{table}\"", quoted.join(" || ' ' || "))
            }
        };
        let texts: Vec<String> = db.query(sql.leak()).fetch_all_scalars().await.unwrap();
        rows.extend(texts.into_iter().map(|text| (table.clone(), text)));
    }
    rows
}

/// All that is kept of Ada is gone, but for what events have told, which goes with the retention of their log.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_who_is_purged() {
    each(async |db| {
        let (mailbox, time, files) = (DevMailbox::default(), clock(), MemoryFiles::default());
        let config = config(&mailbox, &time).with_avatar_files(files.clone());
        let auth = Auth::new(db.clone(), config).await.unwrap();
        auth.create_admin(somebody("root")).await.unwrap();
        let root = actor(&auth, "root", &Origin::default()).await;
        let mut new = somebody("adamail");
        new.user_name = Some("adauser".parse().unwrap());
        new.first_name = Some("Adafirst".parse().unwrap());
        new.last_name = Some("Adalast".parse().unwrap());
        let id = auth.create_user(new).await.unwrap().id;
        let mut origin = Origin::default();
        origin.address = Some("203.0.113.77".parse().unwrap());
        origin.user_agent = Some("adabrowser".to_owned());
        let ada = actor(&auth, "adamail", &origin).await;
        origin.actor = Some(id.into());
        let edit = PersonEdit {
            display_name: Patch::Set("Adashown".parse().unwrap()),
            bio: Patch::Set("adabio".parse().unwrap()),
            birth_date: Patch::Set("1977-07-07".parse().unwrap()),
            ..PersonEdit::default()
        };
        auth.edit_person(&ada, id, edit, &origin).await.unwrap();
        auth.name_session(id, ada.caller.session.unwrap(), Some("adabrowser".to_owned()), &origin)
            .await
            .unwrap();
        auth.follow(&ada, root.caller.user, &origin).await.unwrap();
        auth.follow(&root, id, &Origin::default()).await.unwrap();
        let picture = Picture::of(Bytes::from_static(PNG)).unwrap();
        for kind in [PictureKind::Avatar, PictureKind::Cover] {
            auth.set_picture(&ada, id, kind, &picture, &origin).await.unwrap();
        }
        auth.forgot_password("adamail@example.org".parse().unwrap(), &origin).await.unwrap();
        let arrived = mailbox.clone();
        auth.run_until(async move {
            let began = Instant::now();
            while arrived.messages().is_empty() {
                assert!(began.elapsed() < Duration::from_mins(1), "no mail has come");
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
        .await
        .unwrap();
        let before = rows(&db).await;
        for mark in MARKS {
            let is_found = before.iter().any(|(_, row)| has(row, mark));
            assert!(is_found, "{mark} is nowhere, and so the search for it means nothing");
        }
        auth.delete_user(&root, id, &Origin::default()).await.unwrap();
        time.advance(GRACE);
        assert_eq!(auth.purge_deleted().await.unwrap(), 1);
        for (table, row) in rows(&db).await {
            for mark in MARKS {
                assert!(table.starts_with("events_") || !has(&row, mark), "{table} still has {mark}: {row}");
            }
        }
        assert!(files.is_empty());
        let left = auth.person(id).await.unwrap();
        assert_eq!((left.user.status, left.followers, left.following), (UserStatus::Deleted, 0, 0));
        let root = auth.person(root.caller.user).await.unwrap();
        assert_eq!((root.followers, root.following), (0, 0));
        assert_eq!(auth.purge_deleted().await.unwrap(), 0);
    })
    .await;
}

fn has(row: &str, mark: &str) -> bool {
    let (row, mark) = (row.to_lowercase(), mark.to_lowercase());
    row.contains(&mark) || row.contains(&data_encoding::HEXLOWER.encode(mark.as_bytes()))
}

/// Keeps pictures, and does not let the first one go.
#[derive(Debug, Clone, Default)]
struct Stuck {
    files: MemoryFiles,
    first: Arc<std::sync::OnceLock<String>>,
    fails: Arc<AtomicBool>,
}

#[async_trait]
impl AvatarFiles for Stuck {
    async fn put(&self, name: &str, picture: &Picture) -> Result<(), Error> {
        self.first.get_or_init(|| name.to_owned());
        self.files.put(name, picture).await
    }

    async fn get(&self, name: &str) -> Result<Option<Picture>, Error> {
        self.files.get(name).await
    }

    async fn remove(&self, name: &str) -> Result<(), Error> {
        if self.fails.load(Ordering::SeqCst) && self.first.get().is_some_and(|first| first == name) {
            return Err(Error::unavailable("files.down", "The files are out of reach."));
        }
        self.files.remove(name).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_purged_keeps_nobody_else() {
    let (mailbox, time, files) = (DevMailbox::default(), clock(), Stuck::default());
    let auth = Auth::in_memory(config(&mailbox, &time).with_avatar_files(files.clone())).await.unwrap();
    let origin = Origin::default();
    for name in ["ada", "eve"] {
        auth.create_user(somebody(name)).await.unwrap();
        let one = actor(&auth, name, &origin).await;
        let picture = Picture::of(Bytes::from_static(PNG)).unwrap();
        auth.set_picture(&one, one.caller.user, PictureKind::Avatar, &picture, &origin).await.unwrap();
        auth.delete_me(&one, None, &origin).await.unwrap();
    }
    files.fails.store(true, Ordering::SeqCst);
    time.advance(GRACE);
    assert_eq!(auth.purge_deleted().await.unwrap(), 1);
    assert!(auth.purge_deleted().await.is_err(), "nobody could be");
    files.fails.store(false, Ordering::SeqCst);
    assert_eq!(auth.purge_deleted().await.unwrap(), 1);
    assert!(files.files.is_empty());
}

/// How two super admins can rid the application of each other, or of themselves.
#[derive(Debug, Clone, Copy)]
enum Coup {
    Demote,
    Suspend,
    Delete,
    Resign,
    Leave,
}

async fn strike(auth: &Auth, coup: Coup, by: &Authority, other: UserId) -> Result<(), AuthError> {
    let origin = Origin::default();
    match coup {
        Coup::Demote => auth.set_role(by, other, RoleName::CUSTOMER, &origin).await,
        Coup::Suspend => auth.suspend(by, other, &origin).await,
        Coup::Delete => auth.delete_user(by, other, &origin).await,
        Coup::Resign => auth.set_role(by, by.caller.user, RoleName::CUSTOMER, &origin).await,
        Coup::Leave => auth.delete_me(by, None, &origin).await,
    }
}

async fn somebody_stays(auth: Auth) {
    let mut number = 0;
    let mut next = async || {
        number += 1;
        let name = format!("root{number}");
        auth.create_admin(somebody(&name)).await.unwrap();
        actor(&auth, &name, &Origin::default()).await
    };
    let mut ada = next().await;
    for coup in [Coup::Demote, Coup::Suspend, Coup::Delete, Coup::Resign, Coup::Leave] {
        for _ in 0..4 {
            let eve = next().await;
            let both = [(&ada, eve.caller.user), (&eve, ada.caller.user)];
            let outcomes = join_all(both.map(|(by, other)| strike(&auth, coup, by, other))).await;
            assert_eq!(outcomes.iter().filter(|it| it.is_ok()).count(), 1, "{coup:?}: {outcomes:?}");
            let refused = outcomes.iter().find_map(|it| it.as_ref().err()).unwrap();
            let is_sound = matches!(
                refused,
                AuthError::LastAdmin
                    | AuthError::Conflict
                    | AuthError::Forbidden
                    | AuthError::NoUser
                    | AuthError::UserNotFound
            );
            assert!(is_sound, "{coup:?}: {refused:?}");
            assert!(auth.has_admin().await.unwrap(), "{coup:?}");
            let is_by_oneself = matches!(coup, Coup::Resign | Coup::Leave);
            if outcomes[0].is_ok() == is_by_oneself {
                ada = eve;
            }
        }
    }
    for coup in [Coup::Resign, Coup::Leave] {
        let alone = strike(&auth, coup, &ada, ada.caller.user).await;
        assert!(matches!(alone, Err(AuthError::LastAdmin)), "{coup:?}: {alone:?}");
    }
}

fn fresh() -> (gravity_auth::AuthConfig, TestClock) {
    let time = clock();
    (config(&DevMailbox::default(), &time), time)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_super_admin_stays_in_memory() {
    somebody_stays(Auth::in_memory(fresh().0).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_super_admin_stays_on_every_database() {
    each(async |db| somebody_stays(Auth::new(db, fresh().0).await.unwrap()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_nodes_hear_of_a_role() {
    each(async |db| {
        let (config, time) = fresh();
        let here = Auth::new(db.clone(), config.clone()).await.unwrap();
        let there = Auth::new(db, config).await.unwrap();
        here.create_admin(somebody("root")).await.unwrap();
        let root = actor(&here, "root", &Origin::default()).await;
        let ada = here.create_user(somebody("ada")).await.unwrap().id;
        let sign_in = async || {
            let identifier = Identifier::of("ada@example.org");
            let credentials = Credentials { identifier, password: PASSWORD.into() };
            here.sign_in(credentials, &Origin::default()).await.unwrap()
        };
        let before = sign_in().await;
        time.advance(Duration::from_secs(2));
        here.set_role(&root, ada, RoleName::MANAGER, &Origin::default()).await.unwrap();
        assert!(here.validate(before.access_token.expose()).await.is_err(), "at once where it was given");
        there.catch_up().await.unwrap();
        assert!(there.validate(before.access_token.expose()).await.is_err());
        time.advance(Duration::from_secs(2));
        let token = before.refresh_token.expose();
        let after = there.refresh(token, &Origin::default()).await.unwrap();
        for _ in 0..2 {
            for node in [&here, &there] {
                let claims = node.validate(after.access_token.expose()).await.unwrap();
                assert!(claims.into_principal().allows(gravity_auth::USERS_READ));
                node.catch_up().await.unwrap();
            }
        }
    })
    .await;
}
