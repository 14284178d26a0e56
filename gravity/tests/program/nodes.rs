//! Nodes that share a database.

use gravity_core::db::DatabaseConfig;
use gravity_core::security::Key;
use gravity_core::testing::db::{Backend, TestDatabase};
use serde_json::{Value, json};

use crate::program::{Program, gravity};

const NODES: usize = 4;

#[tokio::test]
async fn all_start_at_once_on_an_empty_database_and_know_each_others_users() {
    for backend in [Backend::File, Backend::Postgres] {
        let Some(test) = TestDatabase::create(backend, &DatabaseConfig::new()).await else { continue };
        let key = Key::generate("2026-11").unwrap();
        let folders: Vec<_> = (0..NODES).map(|_| tempfile::tempdir().unwrap()).collect();
        let command = |folder: &tempfile::TempDir| {
            let mut command = gravity(folder.path());
            command.env("DATABASE_URL", test.url()).env("GRAVITY_DATABASE_CONNECTIONS", "2");
            command.env("GRAVITY_KEYS", key.to_text().expose());
            command.env("GRAVITY_ADMIN_PASSWORD", "a long enough secret");
            command
        };
        let nodes: Vec<Program> = std::thread::scope(|scope| {
            let starting: Vec<_> =
                folders.iter().map(|folder| scope.spawn(|| Program::start(command(folder)))).collect();
            starting.into_iter().map(|node| node.join().unwrap()).collect()
        });
        // The administrator was made once, by whichever node, and all of them know about it.
        let admin = json!({"email": "admin@example.com", "password": "a long enough secret"});
        for node in &nodes {
            let tokens: Value = node.client().post("/api/v1/auth/login").json(&admin).send().await.unwrap();
            assert_eq!(tokens["user"]["role"], "super_admin");
        }
        for node in nodes {
            let (is_well, said) = node.stop();
            assert!(is_well, "{said}");
        }
        test.remove().await;
    }
}
