//! `gravity seed`.

use anyhow::{Result, ensure};
use gravity_auth::{AuthError, Registration};

use crate::platform::Platform;
use crate::say::say;
use crate::settings::Settings;

const FIRST: [&str; 16] = [
    "Ada",
    "Grace",
    "Alan",
    "Edsger",
    "Barbara",
    "Donald",
    "Hedy",
    "Katherine",
    "Linus",
    "Margaret",
    "Niklaus",
    "Radia",
    "Sophie",
    "Tim",
    "Zuse",
    "Émilie",
];
const LAST: [&str; 8] = ["Åberg", "Brown", "Çelik", "Dvořák", "Evans", "Fischer", "Göğüş", "Nakamura"];
/// Whoever runs this knows it: the users are for playing.
const PASSWORD: &str = "play with gravity";

pub(crate) async fn seed(settings: Settings, users: u32) -> Result<()> {
    ensure!(
        settings.is_local(),
        "users whose password everybody knows are only made where {} is an address of this machine",
        settings.listen
    );
    let platform = Platform::open(&settings, &settings.public_url(settings.listen)).await?;
    let mut made = 0;
    for number in 1..=users {
        let registration = Registration {
            email: format!("user{number}@example.com").parse()?,
            password: PASSWORD.into(),
            user_name: Some(format!("user{number}").parse()?),
            first_name: Some(FIRST[number as usize % FIRST.len()].parse()?),
            last_name: Some(LAST[number as usize % LAST.len()].parse()?),
        };
        match platform.auth.create_user(registration).await {
            Ok(_) => made += 1,
            Err(AuthError::EmailTaken | AuthError::UserNameTaken) => {}
            Err(error) => return Err(error.into()),
        }
    }
    say!("{made} users were made, from user1@example.com on; their password is {PASSWORD:?}");
    Ok(())
}
