//! [`RedisServer`]: a server of one test's own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use uuid::Uuid;

use crate::redis::{Redis, RedisConfig};

/// A server of one test's own, on a free port of loopback, which can be stopped and started again. It writes
/// every change to its disk before it answers, and goes with its files when it is dropped.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    folder: PathBuf,
    process: Option<Child>,
}

impl RedisServer {
    /// Starts one; `None`, and a line on standard error, where `redis-server` is not installed.
    ///
    /// # Panics
    ///
    /// When it does not start, or is not installed and `GRAVITY_REQUIRE_BACKENDS` is `1`.
    #[expect(
        clippy::panic,
        clippy::print_stderr,
        reason = "a test that has no server has failed, or says so"
    )]
    pub async fn start() -> Option<Self> {
        let is_there = Command::new("redis-server")
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !is_there {
            let is_required = std::env::var("GRAVITY_REQUIRE_BACKENDS").is_ok_and(|value| value == "1");
            assert!(!is_required, "redis-server is not installed, and GRAVITY_REQUIRE_BACKENDS is set");
            eprintln!("SKIPPED redis: redis-server is not installed");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = std::env::temp_dir().join(format!("gravity-redis-{}", Uuid::now_v7().simple()));
        std::fs::create_dir(&folder).unwrap();
        let mut server = Self { port, folder, process: None };
        server.restart().await;
        Some(server)
    }

    /// How to reach it.
    pub fn config(&self) -> RedisConfig {
        RedisConfig::new(format!("redis://127.0.0.1:{}", self.port))
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Kills it, as a crash would. Connections are refused from then on.
    ///
    /// # Panics
    ///
    /// When it cannot be killed.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Starts it again on the same port, with what it had on disk, and waits until it answers.
    ///
    /// # Panics
    ///
    /// When it does not answer within ten seconds.
    pub async fn restart(&mut self) {
        self.stop();
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--save", ""])
            .args(["--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no"])
            .arg("--dir")
            .arg(&self.folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.process = Some(process);
        let redis = Redis::new(self.config()).unwrap();
        let answers = async {
            while redis.ping().await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), answers).await.unwrap();
    }

    /// Forgets all that it had on disk. Call it while it is stopped.
    ///
    /// # Panics
    ///
    /// When the files cannot be removed.
    pub fn wipe(&self) {
        std::fs::remove_dir_all(&self.folder).unwrap();
        std::fs::create_dir(&self.folder).unwrap();
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
