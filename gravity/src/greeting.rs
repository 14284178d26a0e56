//! What is said once the server listens.

use crate::first_admin::NewAdmin;
use crate::settings::Settings;

/// Says where everything is, who may do everything, and how to begin.
pub(crate) fn greet(settings: &Settings, address: &str, admin: Option<&NewAdmin>) {
    println!("Gravity {} at {address}", env!("CARGO_PKG_VERSION"));
    println!("  first steps     {address}/");
    println!("  documentation   {address}/docs");
    if settings.has_mailbox() {
        println!("  mailbox         {address}/dev/mailbox");
    }
    if let Some(admin) = admin {
        println!("\nAdministrator   {}", admin.email);
        if let Some(password) = &admin.password {
            println!("password        {}   (shown this once)", password.expose());
        }
    }
    println!("\nTry:");
    println!("  curl -i {address}/health");
    println!("  curl -i {address}/api/v1/auth/register --json '{PERSON}'");
    if settings.has_mailbox() {
        println!("  curl -s {address}/dev/mailbox/messages     # the link in it is for a browser");
    }
    let caller = admin.map_or_else(|| PERSON.to_owned(), credentials);
    println!("  curl -s {address}/api/v1/auth/login --json '{caller}' | tee login.json");
    println!(
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
