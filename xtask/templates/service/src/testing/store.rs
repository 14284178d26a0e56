//! The suite of a store.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::join_all;
use gravity_core::page::{KeyValue, Position};
use gravity_core::{Clock, Id, Subject, TestClock, Timestamp};

use crate::{Item, ItemStore, {{Type}}Error};

/// Runs every scenario. The store may hold items of others: each scenario has owners of its own.
///
/// # Panics
/// When the store does not keep the contract of [`ItemStore`].
pub async fn suite(store: impl ItemStore) {
    let fixture = Fixture { store, clock: TestClock::at(Timestamp::from_seconds(1_800_000_000).unwrap()) };
    fixture.an_item_comes_back_to_its_owner_only().await;
    fixture.a_name_is_its_owners_once().await;
    fixture.of_many_who_race_one_wins().await;
    fixture.pages_hold_every_item_once_while_others_are_added().await;
    fixture.a_place_of_another_order_is_refused().await;
}

struct Fixture<S> {
    store: S,
    clock: TestClock,
}

impl<S: ItemStore> Fixture<S> {
    fn item(&self, owner: &Subject, name: &str) -> Item {
        let clock = self.clock.clock();
        Item { id: Id::new(&clock), owner: owner.clone(), name: name.to_owned(), created_at: clock.now() }
    }

    async fn an_item_comes_back_to_its_owner_only(&self) {
        let (ada, bob) = (somebody(), somebody());
        let item = self.item(&ada, "🦀 'quoted' \u{202e}");
        self.store.add(&item).await.unwrap();
        assert_eq!(self.store.find(&ada, item.id).await.unwrap().as_ref(), Some(&item));
        assert_eq!(self.store.find(&bob, item.id).await.unwrap(), None);
        assert!(!self.store.remove(&bob, item.id).await.unwrap());
        assert!(self.store.remove(&ada, item.id).await.unwrap());
        assert!(!self.store.remove(&ada, item.id).await.unwrap());
        assert_eq!(self.store.find(&ada, item.id).await.unwrap(), None);
    }

    async fn a_name_is_its_owners_once(&self) {
        let (ada, bob) = (somebody(), somebody());
        let first = self.item(&ada, "one");
        self.store.add(&first).await.unwrap();
        let again = self.store.add(&self.item(&ada, "one")).await;
        assert!(matches!(again, Err({{Type}}Error::NameTaken)), "{again:?}");
        self.store.add(&self.item(&ada, "One")).await.unwrap();
        self.store.add(&self.item(&bob, "one")).await.unwrap();
        assert!(self.store.remove(&ada, first.id).await.unwrap());
        self.store.add(&self.item(&ada, "one")).await.unwrap();
    }

    async fn of_many_who_race_one_wins(&self) {
        let ada = somebody();
        let adding = (0..16).map(async |_| self.store.add(&self.item(&ada, "contested")).await);
        let mut added = 0;
        for outcome in join_all(adding).await {
            match outcome {
                Ok(()) => added += 1,
                Err(error) => assert!(matches!(error, {{Type}}Error::NameTaken), "{error}"),
            }
        }
        let item = self.item(&ada, "short-lived");
        self.store.add(&item).await.unwrap();
        let removing = (0..16).map(|_| self.store.remove(&ada, item.id));
        let removed = join_all(removing).await.into_iter().filter(|gone| *gone.as_ref().unwrap()).count();
        assert_eq!((added, removed), (1, 1));
    }

    async fn pages_hold_every_item_once_while_others_are_added(&self) {
        let ada = somebody();
        let mut expected = HashSet::new();
        for n in 0..10 {
            // Several of one instant, which the id tells apart.
            self.clock.advance(Duration::from_micros(n % 2));
            let item = self.item(&ada, &n.to_string());
            self.store.add(&item).await.unwrap();
            self.store.add(&self.item(&somebody(), &n.to_string())).await.unwrap();
            expected.insert(item.id);
        }
        let first = self.store.newest(&ada, None, 3).await.unwrap();
        let (mut page, mut seen) = (first.clone(), Vec::new());
        loop {
            seen.extend(page.items.iter().map(|item| (item.created_at, item.id)));
            self.clock.advance(Duration::from_secs(1));
            self.store.add(&self.item(&ada, &format!("later {}", seen.len()))).await.unwrap();
            let Some(next) = page.next else { break };
            page = self.store.newest(&ada, Some(&next), 3).await.unwrap();
        }
        assert!(seen.is_sorted_by(|a, b| a > b), "the newest come first");
        assert_eq!((seen.len(), seen.iter().map(|(_, id)| *id).collect()), (10, expected));
        let second = self.store.newest(&ada, first.next.as_ref(), 3).await.unwrap();
        let back = self.store.newest(&ada, second.previous.as_ref(), 3).await.unwrap();
        assert_eq!(back.items, first.items);
    }

    async fn a_place_of_another_order_is_refused(&self) {
        let direction = gravity_core::page::Direction::Forward;
        let foreign = Position { direction, values: vec![KeyValue::Integer(1)] };
        let refused = self.store.newest(&somebody(), Some(&foreign), 3).await.unwrap_err();
        assert_eq!(refused.code(), "invalid_cursor");
    }
}

/// Somebody whom no other scenario has heard of.
fn somebody() -> Subject {
    Id::<Item>::new(&Clock::default()).into()
}
