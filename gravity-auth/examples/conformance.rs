//! Sign-in on any host, with somebody signed in who may do everything: for the conformance tests.

#![allow(clippy::print_stdout, reason = "a command-line tool talks on its terminal")]

use std::error::Error;

use gravity_auth::testing::http::{PASSWORD, clock, config};
use gravity_auth::{Auth, Credentials, DevMailbox, Identifier, Registration};
use gravity_core::audit::Origin;
use gravity_core::db::Database;
use gravity_core::http::Routes;
use gravity_core::http::openapi::OpenApi;
use gravity_core::testing::http::{Host, Kind};

const USAGE: &str = "conformance --print-openapi
conformance [--host hyper|axum|actix]";
const EMAIL: &str = "admin@example.org";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (mailbox, time) = (DevMailbox::default(), clock());
    let db = Database::connect("sqlite::memory:").await?;
    let auth = Auth::new(db, config(&mailbox, &time)).await?;
    let about = OpenApi::new("Sign-in", "1.0.0");
    let mut host = Kind::Hyper;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--print-openapi" => {
                print!("{}", about.document(&auth.routes()).to_json_pretty());
                return Ok(());
            }
            "--host" => {
                let name = arguments.next().ok_or(USAGE)?;
                host = *Kind::ALL.iter().find(|kind| kind.to_string() == name).ok_or(USAGE)?;
            }
            _ => return Err(USAGE.into()),
        }
    }
    let token = token(&auth).await?;
    let running = auth.clone();
    tokio::spawn(async move { running.run_until(std::future::pending()).await });
    let routes: Routes = auth.routes().openapi(about);
    let host = Host::start(host, "/on/some/path", routes);
    println!("{}", host.url(""));
    println!("authorization: Bearer {token}");
    std::future::pending().await
}

/// The access token of somebody who may do everything. The clock stands still, so it holds as long as this runs.
async fn token(auth: &Auth) -> Result<String, Box<dyn Error>> {
    auth.create_admin(Registration {
        email: EMAIL.parse()?,
        password: PASSWORD.into(),
        user_name: None,
        first_name: None,
        last_name: None,
    })
    .await?;
    let credentials = Credentials { identifier: Identifier::of(EMAIL), password: PASSWORD.into() };
    let signed_in = auth.sign_in(credentials, &Origin::default()).await?;
    Ok(signed_in.access_token.expose().clone())
}
