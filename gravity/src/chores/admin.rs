//! `gravity create-admin`.

use std::io::Read as _;

use anyhow::{Context, Result, ensure};
use gravity_core::SecretString;

use crate::first_admin;
use crate::platform::Platform;
use crate::say::say;
use crate::settings::Settings;

/// More is no password.
const LONGEST: u64 = 4096;

pub(crate) async fn create_admin(settings: Settings, email: &str, password_stdin: bool) -> Result<()> {
    let given = password_stdin.then(read_password).transpose()?;
    let platform = Platform::open(&settings, &settings.public_url(settings.listen)).await?;
    let admin = first_admin::make(&platform.auth, email, given)
        .await
        .with_context(|| format!("no administrator {email:?} can be made"))?;
    say!("{} may do everything now", admin.email);
    if let Some(password) = &admin.password {
        say!("password, shown this once: {}", password.expose());
    }
    Ok(())
}

/// The first line of standard input.
fn read_password() -> Result<SecretString> {
    let mut text = String::new();
    std::io::stdin().take(LONGEST).read_to_string(&mut text).context("standard input cannot be read")?;
    let line = text.lines().next().unwrap_or_default();
    ensure!(!line.is_empty(), "standard input holds no password");
    Ok(SecretString::from(line))
}
