//! Who is measured, and how each of them is asked.

use anyhow::{Result, ensure};

use super::http::{Answer, Connection};

pub(super) const PASSWORD: &str = "correct horse battery staple";

/// Who is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Contestant {
    /// gravity-auth on the hyper host of gravity-core, which is what an application embeds.
    GravityAuth,
    /// The binary `gravity`, with its layers, metrics and pages.
    Gravity,
    BetterAuth,
    FastapiUsers,
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// Who calls.
    Me,
    /// The same, from the database where the cookie would do: better-auth only.
    MeStored,
    /// Something new for something old.
    Refresh,
    /// To be let in.
    Login,
}

/// Somebody who is signed in.
pub(super) struct Person {
    email: String,
    /// What shows who calls.
    access: String,
    /// What gets something new.
    renewal: String,
}

impl Contestant {
    pub(super) const ALL: [Self; 4] =
        [Self::GravityAuth, Self::Gravity, Self::BetterAuth, Self::FastapiUsers];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::GravityAuth => "gravity-auth on hyper",
            Self::Gravity => "the binary gravity",
            Self::BetterAuth => "better-auth 1.7.5",
            Self::FastapiUsers => "fastapi-users 15.0.5",
        }
    }

    /// What it is measured in.
    pub(super) const fn asks(self) -> &'static [Ask] {
        match self {
            Self::BetterAuth => &[Ask::Me, Ask::MeStored, Ask::Refresh],
            _ => &[Ask::Me, Ask::Refresh],
        }
    }

    /// Signs up somebody, and in.
    pub(super) async fn sign_up(self, connection: &mut Connection, number: usize) -> Result<Person> {
        let email = format!("person{number}@example.org");
        let mut person = Person { email, access: String::new(), renewal: String::new() };
        let email = &person.email;
        let input = format!(r#"{{"email":"{email}","password":"{PASSWORD}","name":"Person"}}"#);
        let form = format!("username={email}&password={}", PASSWORD.replace(' ', "+"));
        match self {
            Self::GravityAuth | Self::Gravity => {
                let input = format!(r#"{{"email":"{email}","password":"{PASSWORD}"}}"#);
                let answer = connection.ask(&post("/api/v1/auth/register", "", JSON, &input)).await?;
                ensure!(answer.status == 201, "{}", answer.shown());
                self.learn(Ask::Login, &answer, &mut person)?;
            }
            Self::BetterAuth => {
                let answer = connection.ask(&post("/api/auth/sign-up/email", "", JSON, &input)).await?;
                self.learn(Ask::Login, &answer, &mut person)?;
            }
            Self::FastapiUsers => {
                let answer = connection.ask(&post("/auth/register", "", JSON, &input)).await?;
                ensure!(answer.status == 201, "{}", answer.shown());
                person.access =
                    connection.ask(&post("/auth/jwt/login", "", FORM, &form)).await?.text("access_token")?;
                person.renewal =
                    connection.ask(&post("/auth/row/login", "", FORM, &form)).await?.text("access_token")?;
            }
        }
        Ok(person)
    }

    /// The request of somebody.
    pub(super) fn request(self, ask: Ask, person: &Person) -> Vec<u8> {
        let bearer = |token: &str| format!("Authorization: Bearer {token}\r\n");
        let cookie = |cookies: &str| format!("Cookie: {cookies}\r\n");
        let Person { email, access, renewal } = person;
        match (self, ask) {
            (Self::GravityAuth | Self::Gravity, Ask::Me | Ask::MeStored) => {
                get("/api/v1/auth/me", &bearer(access))
            }
            (Self::GravityAuth | Self::Gravity, Ask::Refresh) => {
                post("/api/v1/auth/refresh", "", JSON, &format!(r#"{{"refresh_token":"{renewal}"}}"#))
            }
            (Self::BetterAuth, Ask::Me) => get("/api/auth/get-session", &cookie(access)),
            (Self::BetterAuth, Ask::MeStored) => {
                get("/api/auth/get-session?disableCookieCache=true&disableRefresh=true", &cookie(renewal))
            }
            (Self::BetterAuth, Ask::Refresh) => {
                get("/api/auth/get-session?disableCookieCache=true", &cookie(renewal))
            }
            (Self::FastapiUsers, Ask::Me | Ask::MeStored) => get("/users/me", &bearer(access)),
            (Self::FastapiUsers, Ask::Refresh) => post("/auth/row/refresh", &bearer(renewal), JSON, ""),
            (_, Ask::Login) => {
                let input = format!(r#"{{"email":"{email}","password":"{PASSWORD}"}}"#);
                post("/api/v1/auth/login", "", JSON, &input)
            }
        }
    }

    /// Looks whether an answer is a good one, and takes from it what the next request needs.
    pub(super) fn learn(self, ask: Ask, answer: &Answer, person: &mut Person) -> Result<()> {
        ensure!(matches!(answer.status, 200 | 201), "{}: {}", self.name(), answer.shown());
        if matches!(ask, Ask::Me | Ask::MeStored) {
            let email = person.email.as_bytes();
            let is_told = answer.body.windows(email.len()).any(|bytes| bytes == email);
            ensure!(is_told, "{} does not know who calls: {}", self.name(), answer.shown());
            return Ok(());
        }
        match self {
            Self::GravityAuth | Self::Gravity => {
                person.access = answer.text("access_token")?;
                person.renewal = answer.text("refresh_token")?;
            }
            Self::BetterAuth => {
                let all: Vec<&str> =
                    answer.headers("set-cookie").filter_map(|cookie| cookie.split(';').next()).collect();
                let token = all.iter().find(|cookie| cookie.starts_with("better-auth.session_token="));
                ensure!(token.is_some() && all.len() > 1, "the session was not renewed: {}", answer.shown());
                token.copied().unwrap_or_default().clone_into(&mut person.renewal);
                person.access = all.join("; ");
            }
            Self::FastapiUsers => person.renewal = answer.text("access_token")?,
        }
        Ok(())
    }
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nUser-Agent: bench\r\n{headers}\r\n")
        .into()
}

fn post(path: &str, headers: &str, kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nUser-Agent: bench\r\n{headers}\
         Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into()
}
