//! Starts that fail, and what they say.

use std::net::TcpListener;

use gravity_core::security::Key;

use crate::program::{Program, gravity, run};

#[test]
fn a_port_that_is_taken_is_told_of() {
    let (folder, taken) = (tempfile::tempdir().unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let mut command = gravity(folder.path());
    command.env("GRAVITY_LISTEN", taken.local_addr().unwrap().to_string());
    let (is_well, said) = run(command);
    assert!(
        !is_well && said.contains("cannot be listened at; choose another address with --listen"),
        "{said}"
    );
    assert!(!folder.path().join("data").exists());
}

#[test]
fn a_folder_that_is_none_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data"), "a file").unwrap();
    let (is_well, said) = run(gravity(folder.path()));
    assert!(!is_well && said.contains("cannot be used; choose another with --data"), "{said}");
}

#[test]
fn everything_that_is_wrong_in_the_settings_is_told_of_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = gravity(folder.path());
    command.env("GRAVITY_LISTEN", "nowhere").env("GRAVITY_DATABASE_CONNECTIONS", "1").arg("check-config");
    let (is_well, said) = run(command);
    assert!(
        !is_well && said.contains("GRAVITY_LISTEN") && said.contains("GRAVITY_DATABASE_CONNECTIONS"),
        "{said}"
    );
}

#[test]
fn redis_that_is_away_stops_nothing_and_shows() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = gravity(folder.path());
    // Nobody listens at the first port.
    command.env("REDIS_URL", "redis://127.0.0.1:1").env("GRAVITY_LOG__FILTER", "warn");
    let program = Program::start(command);
    assert!(program.stop().0);
}

#[test]
fn sessions_in_redis_want_a_redis() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["serve"][..], &["check-config"]] {
        let mut command = gravity(folder.path());
        command.env("GRAVITY_SESSIONS_IN", "redis").args(arguments);
        let (is_well, said) = run(command);
        assert!(
            !is_well && said.contains("set redis_url (REDIS_URL), or sessions_in to `database`"),
            "{said}"
        );
    }
    assert!(!folder.path().join("data").exists());
}

#[test]
fn other_keys_than_those_of_the_database_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Program::start(gravity(folder.path())).stop().0);
    let mut command = gravity(folder.path());
    let key = Key::generate("other").unwrap();
    command.env("GRAVITY_KEYS", key.to_text().expose());
    let (is_well, said) = run(command);
    assert!(!is_well && said.contains("none of them is here") && said.contains("GRAVITY_KEYS"), "{said}");
    assert!(!said.contains(key.to_text().expose().split_once(':').unwrap().1), "{said}");
}

#[test]
fn a_database_that_is_newer_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Program::start(gravity(folder.path())).stop().0);
    let database = folder.path().join("data/gravity.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let url = format!("sqlite://{}", database.display());
        let db = gravity_core::db::Database::connect(&url).await.unwrap();
        let insert = "INSERT INTO jobs_migrations SELECT version + 100, name, checksum, applied_at \
                      FROM jobs_migrations WHERE version = 1";
        db.query(insert).execute().await.unwrap();
        db.close().await;
    });
    let (is_well, said) = run(gravity(folder.path()));
    assert!(!is_well && said.contains("newer"), "{said}");
}
