//! The suite of the routes, however they are reached.

use gravity_core::http::client::{Client, ClientConfig, ClientError};
use gravity_core::{Clock, Cursor, Id, PageRequest, Subject};

use super::{API_KEY, Keys, Role};
use crate::{Item, NewItem, {{Type}}Client};

/// Runs every scenario against routes that take [`Keys`]. `connect` makes a client of them with what it is
/// given. There may be items of others: each scenario has callers of its own.
///
/// # Panics
/// When an answer is not what the service promises.
pub async fn suite(connect: impl Fn(ClientConfig) -> Client) {
    let api = Api { connect };
    api.an_item_lives_until_it_is_deleted().await;
    api.bad_input_is_told_whole().await;
    api.who_may_not_is_refused().await;
    api.pages_follow_each_other().await;
}

struct Api<F> {
    connect: F,
}

impl<F: Fn(ClientConfig) -> Client> Api<F> {
    fn plain(&self, role: Role, caller: &Subject) -> Client {
        (self.connect)(ClientConfig::new().with_api_key(API_KEY, &Keys::key(role, caller)))
    }

    fn client(&self, role: Role, caller: &Subject) -> {{Type}}Client {
        {{Type}}Client::new(self.plain(role, caller))
    }

    async fn an_item_lives_until_it_is_deleted(&self) {
        let (ada, bob) = (somebody(), somebody());
        let (hers, his) = (self.client(Role::Writer, &ada), self.client(Role::Writer, &bob));
        let item = hers.create(&new("ünï 🦀")).await.unwrap();
        assert_eq!((item.name.as_str(), &item.owner), ("ünï 🦀", &ada));
        assert_eq!(hers.read(item.id).await.unwrap().as_ref(), Some(&item));
        assert_eq!(refusal(hers.create(&new("ünï 🦀")).await), (409, "{{snake}}.name_taken".into()));
        assert_eq!(his.read(item.id).await.unwrap(), None);
        assert_eq!(refusal(his.delete(item.id).await), (404, "{{snake}}.not_found".into()));
        hers.delete(item.id).await.unwrap();
        assert_eq!(refusal(hers.delete(item.id).await), (404, "{{snake}}.not_found".into()));
    }

    async fn bad_input_is_told_whole(&self) {
        let ada = self.client(Role::Writer, &somebody());
        for bad in [String::new(), "x".repeat(101), "a\0b".to_owned()] {
            assert_eq!(refusal(ada.create(&new(&bad)).await), (422, "http.invalid".into()), "{bad:?}");
        }
        let client = self.plain(Role::Writer, &somebody());
        let elsewhere = client.get("/items").segment("user_01h455vb4pex5vsknk084sn02q").send_empty().await;
        assert_eq!(refusal(elsewhere), (400, "http.bad_parameter".into()));
    }

    async fn who_may_not_is_refused(&self) {
        let nobody = {{Type}}Client::new((self.connect)(ClientConfig::new()));
        let listed = nobody.list(&PageRequest::default()).await;
        assert_eq!(refusal(listed), (401, "http.unauthenticated".into()));
        let reader = self.client(Role::Reader, &somebody());
        reader.list(&PageRequest::default()).await.unwrap();
        assert_eq!(refusal(reader.create(&new("x")).await), (403, "http.forbidden".into()));
    }

    async fn pages_follow_each_other(&self) {
        let (ada, bob) = (self.client(Role::Writer, &somebody()), self.client(Role::Writer, &somebody()));
        for n in 0..3 {
            ada.create(&new(&n.to_string())).await.unwrap();
        }
        let ask = |cursor: Option<Cursor>| PageRequest { limit: Some(2), cursor };
        let first = ada.list(&ask(None)).await.unwrap();
        let second = ada.list(&ask(first.next.clone())).await.unwrap();
        let names = first.items.iter().chain(&second.items).map(|item| item.name.as_str());
        assert_eq!(names.collect::<Vec<_>>(), ["2", "1", "0"]);
        assert_eq!(second.next, None);
        // The cursor of one caller's list is worth nothing to another.
        assert_eq!(refusal(bob.list(&ask(first.next)).await), (400, "invalid_cursor".into()));
    }
}

/// Somebody whom no other scenario has heard of.
fn somebody() -> Subject {
    Id::<Item>::new(&Clock::default()).into()
}

fn new(name: &str) -> NewItem {
    NewItem { name: name.to_owned() }
}

/// The status and the code of a refusal.
fn refusal<T>(answer: Result<T, ClientError>) -> (u16, String) {
    let error = answer.err().unwrap();
    (error.status().unwrap().as_u16(), error.code().unwrap_or_default().to_owned())
}
