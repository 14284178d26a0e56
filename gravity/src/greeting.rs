//! What is said once the server listens.

use crate::first_admin::NewAdmin;
use crate::say::say;
use crate::settings::Settings;

/// Says where everything is, who may do everything, and how to begin.
pub(crate) fn greet(settings: &Settings, address: &str, admin: Option<&NewAdmin>) {
    say!("Gravity {} at {address}", env!("CARGO_PKG_VERSION"));
    say!("  first steps     {address}/");
    say!("  documentation   {address}/docs");
    if settings.has_mailbox() {
        say!("  mailbox         {address}/dev/mailbox");
    }
    if let Some(admin) = admin {
        say!("\nAdministrator   {}", admin.email);
        if let Some(password) = &admin.password {
            say!("password        {}   (shown this once)", password.expose());
        }
    }
    say!("\nTry:");
    say!("  curl -i {address}/health");
    say!("  curl -i {address}/api/v1/auth/register --json '{PERSON}'");
    if settings.has_mailbox() {
        say!("  curl -s {address}/dev/mailbox/messages     # the link in it is for a browser");
    }
    let caller = admin.map_or_else(|| PERSON.to_owned(), credentials);
    say!("  curl -s {address}/api/v1/auth/login --json '{caller}' | tee login.json");
    say!(
        "  curl -s {address}/api/v1/auth/me -H \"Authorization: Bearer $(grep -o '[^\"]*[.][^\"]*[.][^\"]*' login.json)\""
    );
}

/// Somebody to try with.
const PERSON: &str = r#"{"email": "ada@example.com", "password": "a long enough secret"}"#;

/// What the administrator signs in with. A password that was given is not shown.
fn credentials(admin: &NewAdmin) -> String {
    let password = admin.password.as_ref().map_or("THE PASSWORD", |password| password.expose().as_str());
    format!(r#"{{"email": "{}", "password": "{password}"}}"#, admin.email)
}
