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
    let json = r#"--json '{"email": "ada@example.com", "password": "a long enough secret"}'"#;
    println!("\nTry:");
    println!("  curl -i {address}/health");
    println!("  curl -i {address}/api/v1/auth/register {json}");
    if settings.has_mailbox() {
        println!("  curl -s {address}/dev/mailbox/latest");
    }
    println!("  curl -i {address}/api/v1/auth/login {json}");
    println!(
        "  curl -s {address}/api/v1/auth/me -H \"Authorization: Bearer TOKEN\"   # access_token of the answer"
    );
}
