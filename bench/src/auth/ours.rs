//! gravity-auth as an application embeds it: on the hyper host, with its defaults but for limits.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use gravity_auth::{Auth, AuthConfig, Delivery, Message, SignUp, Throttles};
use gravity_core::Error;
use gravity_core::db::Database;
use gravity_core::http::host::hyper::Server as Host;
use gravity_core::limits::{MemoryLimiter, Quota, RateLimiter};
use gravity_core::security::{Key, KeyRing};

use super::server::Server;

/// Mail that nobody gets.
#[derive(Debug)]
struct Nowhere;

#[async_trait::async_trait]
impl Delivery for Nowhere {
    async fn send(&self, _: &Message) -> Result<(), Error> {
        Ok(())
    }
}

/// Serves on a free port, and prints which.
pub(super) fn serve(url: &str) -> Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let none = || -> Arc<dyn RateLimiter> { Arc::new(MemoryLimiter::new(Quota::per_second(1_000_000))) };
        let server = Host::bind("127.0.0.1:0").await?;
        let address = server.local_addr()?;
        let config = AuthConfig::new(format!("http://{address}"), KeyRing::new(Key::generate("bench")?))
            .with_sign_up(SignUp::Immediate)
            .with_delivery(Nowhere)
            .with_throttles(Throttles {
                sign_in: none(),
                account: none(),
                network: none(),
                mail: none(),
                mailbox: none(),
                requests: none(),
                api_keys: none(),
            });
        let db = Database::connect(url).await?;
        let auth = Auth::new(db, config).await?;
        let running = auth.clone();
        tokio::spawn(async move { running.run_until(std::future::pending()).await });
        let mut out = std::io::stdout();
        writeln!(out, "{address} {}", profile())?;
        out.flush()?;
        server.serve(auth.routes()).await;
        Ok(())
    })
}

pub(super) fn embedded(url: &str) -> Result<Server> {
    Server::start(Command::new(std::env::current_exe()?).args(["auth", "serve", url]))
}

/// The binary, as it is when nothing is set but where it keeps its data, that sign-up is immediate, and that requests
/// are not logged, as those of the peers are not.
pub(super) fn binary(url: &str, folder: &Path) -> Result<Server> {
    let program = build()?;
    Server::start_at(profile(), |address| {
        let mut command = Command::new(program);
        command
            .env_remove("DATABASE_URL")
            .env_remove("REDIS_URL")
            .env("GRAVITY_LISTEN", address.to_string())
            .env("GRAVITY_DATA", folder.join("gravity"))
            .env("GRAVITY_DATABASE_URL", url)
            .env("GRAVITY_AUTH__SIGN_UP", "immediate")
            .env("GRAVITY_LOG__FILTER", "info,gravity::access=off,sqlx::postgres::notice=warn")
            .current_dir(folder);
        command
    })
}

fn profile() -> &'static str {
    if cfg!(debug_assertions) { "NOT optimised" } else { "optimised" }
}

/// Builds the binary beside this program, in the same profile.
fn build() -> Result<std::path::PathBuf> {
    let this = std::env::current_exe()?;
    let folder = this.parent().context("the program lies in a folder")?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let profile = if cfg!(debug_assertions) { "dev" } else { "bench" };
    cargo.args(["build", "--quiet", "--package", "gravity", "--profile", profile]);
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    ensure!(cargo.status()?.success(), "gravity cannot be built");
    let program = folder.join("gravity");
    ensure!(program.exists(), "{} was not built: another target folder?", program.display());
    Ok(program)
}
