//! The routes of notes on every store, in process and on every host.

mod key;
mod stuck;

use std::sync::Arc;

use gravity_core::db::Database;
use gravity_core::http::Routes;
use gravity_core::http::client::{Client, ClientConfig, ClientError};
use gravity_core::page::{CursorKey, CursorKeys};
use gravity_core::testing::db::each;
use gravity_core::testing::http::{Host, Kind};
use gravity_core::{TestClock, Timestamp};

pub(crate) use key::{ADA, BOB, EVE};
use key::{API_KEY, Keys};
use stuck::Stuck;

use crate::notes::store::{MemoryStore, NoteStore, SqlStore};
use crate::notes::{Notes, NotesClient, http};

/// A service of notes that can be called, with nothing in it.
pub(crate) struct Api {
    reach: Reach,
    pub(crate) clock: TestClock,
    /// None where the store is in memory.
    pub(crate) db: Option<Database>,
    pub(crate) stuck: Stuck,
}

enum Reach {
    InProcess(Routes),
    Over(Host),
}

impl Api {
    fn new(kind: Option<Kind>, store: Arc<dyn NoteStore>, db: Option<Database>) -> Self {
        let clock = TestClock::at(Timestamp::from_seconds(1_800_000_000).unwrap());
        let cursors = CursorKeys::new(CursorKey::random());
        let notes = Notes::new(store, cursors, clock.clock());
        let stuck = Stuck::default();
        let mut routes = http::routes(&notes);
        if let Some(db) = &db {
            routes = routes.merge(stuck.routes(db));
        }
        let routes = routes.authenticator(Keys);
        let reach = match kind {
            None => Reach::InProcess(routes),
            Some(kind) => Reach::Over(Host::start(kind, "", routes)),
        };
        Self { reach, clock, db, stuck }
    }

    /// A client that shows this key.
    pub(crate) fn client(&self, key: &str) -> Client {
        self.connect(ClientConfig::new().with_api_key(API_KEY, key))
    }

    /// A client that shows none.
    pub(crate) fn nobody(&self) -> Client {
        self.connect(ClientConfig::new())
    }

    pub(crate) fn notes(&self, key: &str) -> NotesClient {
        NotesClient::new(self.client(key))
    }

    fn connect(&self, config: ClientConfig) -> Client {
        let config = config.with_retries(0);
        match &self.reach {
            Reach::InProcess(routes) => config.in_process(routes.clone()).unwrap(),
            Reach::Over(host) => config.connect(&host.url("")).unwrap(),
        }
    }
}

/// Runs a scenario in process and through every host, each on memory and on every database.
pub(crate) async fn each_api(scenario: impl AsyncFn(&Api)) {
    for kind in std::iter::once(None).chain(Kind::ALL.iter().copied().map(Some)) {
        // Shown where the scenario fails.
        eprintln!("{}", kind.map_or("in process".to_owned(), |kind| kind.to_string()));
        scenario(&Api::new(kind, Arc::new(MemoryStore::default()), None)).await;
        each(async |db| {
            let store = Arc::new(SqlStore::new(db.clone()).await.unwrap());
            scenario(&Api::new(kind, store, Some(db))).await;
        })
        .await;
    }
}

/// The status and the code of a refusal.
pub(crate) fn refusal<T>(answer: Result<T, ClientError>) -> (u16, String) {
    let Err(ClientError::Problem(problem)) = answer else {
        panic!("no refusal: {:?}", answer.err());
    };
    (problem.status().as_u16(), problem.code().unwrap_or_default().to_owned())
}
