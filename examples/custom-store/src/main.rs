//! Sign-in on a store of one's own: it counts what each step asks of the store, and passes the suite of stores.
#![allow(clippy::print_stdout, reason = "it says what it has done")]

mod counted;

use gravity_auth::jwt::MemoryKeyStore;
use gravity_auth::{Auth, AuthConfig, Credentials, Identifier, MemoryStore, Registration, SignUp};
use gravity_core::Clock;
use gravity_core::audit::Origin;
use gravity_core::security::{Key, KeyRing};

use counted::Counted;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let keys = KeyRing::new(Key::generate("2026-11")?);
    let memory = MemoryStore::new(&keys, Clock::system());
    let (jobs, store) = (memory.jobs().clone(), Counted::new(memory));
    let config = AuthConfig::new("https://shop.example", keys).with_sign_up(SignUp::Immediate);
    let auth = Auth::with_store(store.clone(), jobs, MemoryKeyStore::default(), config).await?;
    println!("to open: {:?}", store.calls());

    let registration = Registration {
        email: "ada@example.org".parse()?,
        password: "correct horse battery".into(),
        user_name: None,
        first_name: None,
        last_name: None,
    };
    auth.register(registration, &Origin::default()).await?;
    println!("to sign up: {:?}", store.calls());

    let credentials = Credentials {
        identifier: Identifier::of("ada@example.org"),
        password: "correct horse battery".into(),
    };
    let signed_in = auth.sign_in(credentials, &Origin::default()).await?;
    println!("to sign in: {:?}", store.calls());

    auth.refresh(signed_in.refresh_token.expose(), &Origin::default()).await?;
    println!("to refresh: {:?}", store.calls());
    Ok(())
}

#[cfg(test)]
mod tests {
    use gravity_auth::testing::store::{Told, random_histories, suite};
    use gravity_core::audit::AuditFilter;
    use gravity_core::events::{EventStore as _, Search};
    use gravity_core::jobs::JobStore as _;

    use super::*;

    fn memory() -> MemoryStore {
        MemoryStore::new(&KeyRing::new(Key::generate("test").unwrap()), Clock::system())
    }

    #[tokio::test]
    async fn it_passes_the_suite_of_stores() {
        let memory = memory();
        let store = Counted::new(memory.clone());
        // Where the store writes what is told of a change.
        let recorded = async |told: &Told| match told {
            Told::Event(id) => {
                memory.events().advance().await.unwrap();
                let found = memory.events().search(&Search::default(), usize::MAX).await.unwrap();
                found.iter().any(|found| found.event.as_ref().is_ok_and(|event| event.id == *id))
            }
            Told::Audit(target) => {
                let records = memory.audit().list(&AuditFilter::default(), None, 10_000).await.unwrap();
                records.items.iter().any(|record| record.target_id.as_ref() == Some(target))
            }
            Told::Job(id) => memory.jobs().get(*id).await.unwrap().is_some(),
        };
        suite(store.clone(), recorded).await;
        assert!(store.calls()["apply"] > 100);
    }

    #[tokio::test]
    async fn it_answers_as_the_one_in_memory_does() {
        random_histories(Counted::new(memory()), 50).await;
    }
}
