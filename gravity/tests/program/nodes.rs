//! Nodes that share a database, and Redis.

use std::time::{Duration, Instant};

use gravity_core::db::DatabaseConfig;
use gravity_core::security::Key;
use gravity_core::testing::db::{Backend, TestDatabase};
use gravity_core::testing::redis::RedisServer;
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

#[tokio::test]
async fn sessions_in_redis_are_those_of_all_nodes_and_outlast_it() {
    let Some(mut server) = RedisServer::start().await else { return };
    let (folder, key) = (tempfile::tempdir().unwrap(), Key::generate("2026-11").unwrap());
    let node = || {
        let mut command = gravity(folder.path());
        command.env("REDIS_URL", format!("redis://127.0.0.1:{}", server.port()));
        command.env("GRAVITY_SESSIONS_IN", "redis").env("GRAVITY_KEYS", key.to_text().expose());
        command.env("GRAVITY_ADMIN_PASSWORD", "a long enough secret");
        Program::start(command)
    };
    let (here, there) = (node(), node());
    let admin = json!({"email": "admin@example.com", "password": "a long enough secret"});
    let tokens: Value = here.client().post("/api/v1/auth/login").json(&admin).send().await.unwrap();
    let refresh = async |at: &Program, tokens: &Value| {
        let token = json!({"refresh_token": tokens["refresh_token"]});
        at.client().post("/api/v1/auth/refresh").json(&token).send::<Value>().await
    };
    let tokens = refresh(&there, &tokens).await.unwrap();
    server.stop();
    let (ready, began) = (async |at: &Program| at.client().get("/ready").send_raw().await, Instant::now());
    while ready(&there).await.is_ok_and(|answer| answer.status().is_success()) {
        assert!(began.elapsed() < Duration::from_mins(1), "it is not ready without its sessions");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(refresh(&here, &tokens).await.unwrap_err().status().unwrap(), 503);
    server.restart().await;
    let began = Instant::now();
    let tokens = loop {
        if let Ok(tokens) = refresh(&here, &tokens).await {
            break tokens;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "waited in vain for Redis");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(tokens["user"]["role"], "super_admin");
    assert!(here.stop().0 && there.stop().0);
}
