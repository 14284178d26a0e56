//! Where items are kept: the contract, and the stores that come with the crate.

mod memory;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;

pub use memory::MemoryStore;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::SqlStore;

use async_trait::async_trait;
use gravity_core::Subject;
use gravity_core::page::{KeyColumn, KeyKind, KeyValue, Keyset, PageRows, Position};

use crate::{Item, ItemId, {{Type}}Error};

/// Keeps items. Every verb is atomic, and sees only the items of the owner it is given.
///
/// A store of one's own implements the verbs, and passes the suite of the feature `testing`:
///
/// ```
/// # use async_trait::async_trait;
/// # use gravity_core::Subject;
/// # use gravity_core::page::{PageRows, Position};
/// # use {{crate}}::{Item, ItemId, ItemStore, MemoryStore, {{Type}}Error};
/// /// Keeps at most so many items, all owners' together.
/// struct Bounded {
///     inner: MemoryStore,
///     places: tokio::sync::Semaphore,
/// }
///
/// #[async_trait]
/// impl ItemStore for Bounded {
///     async fn add(&self, item: &Item) -> Result<(), {{Type}}Error> {
///         let full = |_| gravity_core::Error::unavailable("store_full", "There is no more room.");
///         let place = self.places.try_acquire().map_err(full)?;
///         self.inner.add(item).await?;
///         place.forget();
///         Ok(())
///     }
///
///     async fn find(&self, owner: &Subject, id: ItemId) -> Result<Option<Item>, {{Type}}Error> {
///         self.inner.find(owner, id).await
///     }
///
///     async fn remove(&self, owner: &Subject, id: ItemId) -> Result<bool, {{Type}}Error> {
///         let removed = self.inner.remove(owner, id).await?;
///         self.places.add_permits(usize::from(removed));
///         Ok(removed)
///     }
///
///     async fn newest(
///         &self,
///         owner: &Subject,
///         from: Option<&Position>,
///         limit: u32,
///     ) -> Result<PageRows<Item>, {{Type}}Error> {
///         self.inner.newest(owner, from, limit).await
///     }
/// }
///
/// # #[cfg(feature = "testing")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let store = Bounded { inner: MemoryStore::default(), places: tokio::sync::Semaphore::new(1000) };
/// {{crate}}::testing::store::suite(store).await;
/// # }
/// # #[cfg(not(feature = "testing"))]
/// # fn main() {}
/// ```
#[async_trait]
pub trait ItemStore: Send + Sync + 'static {
    /// Adds an item. Of several with one owner and name exactly one is added; the others are
    /// [`NameTaken`]({{Type}}Error::NameTaken).
    async fn add(&self, item: &Item) -> Result<(), {{Type}}Error>;

    /// The item, if the owner has it.
    async fn find(&self, owner: &Subject, id: ItemId) -> Result<Option<Item>, {{Type}}Error>;

    /// Removes the item, and says whether the owner had it. Of several callers exactly one is told so.
    async fn remove(&self, owner: &Subject, id: ItemId) -> Result<bool, {{Type}}Error>;

    /// The owner's items in the order of [`NEWEST`], page by page, either way.
    async fn newest(
        &self,
        owner: &Subject,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Item>, {{Type}}Error>;
}

/// The order of a list of items: the newest first.
pub const NEWEST: Keyset =
    Keyset::new(&[KeyColumn::desc("created_at", KeyKind::Time), KeyColumn::desc("id", KeyKind::Uuid)]);

/// Where an item stands in the order of [`NEWEST`].
pub fn place(item: &Item) -> Vec<KeyValue> {
    vec![item.created_at.into(), item.id.into()]
}
