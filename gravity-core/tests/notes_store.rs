//! The suite of a store of notes, on every store.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod notes;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use gravity_core::page::{CursorKey, CursorKeys};
use gravity_core::testing::db::each;
use gravity_core::{PageRequest, Subject, TestClock, Timestamp};
use notes::store::{MemoryStore, NoteStore, SqlStore};
use notes::{Draft, NoteId, Notes, NotesError};

/// Runs `suite` on the store in memory and on each database.
async fn each_store(suite: impl AsyncFn(Notes, TestClock)) {
    let cursors = CursorKeys::new(CursorKey::random());
    let run = async |store: Arc<dyn NoteStore>| {
        let clock = TestClock::at(Timestamp::from_seconds(1_800_000_000).unwrap());
        suite(Notes::new(store, cursors.clone(), clock.clock()), clock).await;
    };
    run(Arc::new(MemoryStore::default())).await;
    each(async |db| run(Arc::new(SqlStore::new(db).await.unwrap())).await).await;
}

fn draft(title: &str) -> Draft {
    Draft { title: title.into(), body: format!("about {title} 🦀") }
}

fn owner(name: &'static str) -> Subject {
    Subject::new(name).unwrap()
}

#[tokio::test]
async fn a_note_comes_back_to_its_owner_only() {
    each_store(async |notes, _| {
        let ada = owner("ada");
        let note = notes.write(&ada, draft("ideas")).await.unwrap();
        assert_eq!(notes.read(&ada, note.id).await.unwrap(), note);
        let theirs = notes.read(&owner("bob"), note.id).await;
        assert!(matches!(theirs, Err(NotesError::NotFound)));
        let theirs = notes.discard(&owner("bob"), note.id).await;
        assert!(matches!(theirs, Err(NotesError::NotFound)));
        notes.discard(&ada, note.id).await.unwrap();
        assert!(matches!(notes.discard(&ada, note.id).await, Err(NotesError::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn a_title_is_the_owners_once() {
    each_store(async |notes, _| {
        let ada = owner("ada");
        let first = notes.write(&ada, draft("one")).await.unwrap();
        assert!(matches!(notes.write(&ada, draft("one")).await, Err(NotesError::TitleTaken)));
        notes.write(&owner("bob"), draft("one")).await.unwrap();
        notes.write(&ada, draft("two")).await.unwrap();
        let taken = notes.rewrite(&ada, first.id, 1, &draft("two")).await;
        assert!(matches!(taken, Err(NotesError::TitleTaken)));
        // Its own title is free to it.
        assert_eq!(notes.rewrite(&ada, first.id, 1, &draft("one")).await.unwrap().version, 2);
    })
    .await;
}

#[tokio::test]
async fn a_change_needs_the_version_it_was_made_on() {
    each_store(async |notes, _| {
        let ada = owner("ada");
        let note = notes.write(&ada, draft("one")).await.unwrap();
        let changed = notes.rewrite(&ada, note.id, 1, &draft("two")).await.unwrap();
        assert_eq!((changed.version, changed.title.as_str()), (2, "two"));
        let late = notes.rewrite(&ada, note.id, 1, &draft("three")).await;
        assert!(matches!(late, Err(NotesError::Changed)));
        let missing = notes.rewrite(&ada, NoteId::from_uuid(uuid::Uuid::nil()), 1, &draft("x")).await;
        assert!(matches!(missing, Err(NotesError::NotFound)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_who_race_one_wins() {
    each_store(async |notes, _| {
        let ada = owner("ada");
        let note = notes.write(&ada, draft("start")).await.unwrap();
        let mut tasks = Vec::new();
        for n in 0..64 {
            let (notes, ada) = (notes.clone(), ada.clone());
            tasks.push(tokio::spawn(async move {
                let added = notes.write(&ada, draft("contested")).await;
                let changed = notes.rewrite(&ada, note.id, 1, &draft(&format!("n{n}"))).await;
                (added, changed)
            }));
        }
        let (mut added, mut changed) = (0, 0);
        for task in tasks {
            let (one, two) = task.await.unwrap();
            match one {
                Ok(_) => added += 1,
                Err(NotesError::TitleTaken) => {}
                Err(error) => panic!("{error}"),
            }
            match two {
                Ok(note) => changed += note.version - 1,
                Err(NotesError::Changed) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!((added, changed), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn pages_hold_every_note_once_while_others_are_written() {
    each_store(async |notes, clock| {
        let ada = owner("ada");
        let mut written = HashSet::new();
        for n in 0..25 {
            // Several of one instant, which the id tells apart.
            if n % 3 == 0 {
                clock.advance(Duration::from_micros(1));
            }
            written.insert(notes.write(&ada, draft(&n.to_string())).await.unwrap().id);
            notes.write(&owner("bob"), draft(&n.to_string())).await.unwrap();
        }
        let ask = |cursor| PageRequest { limit: Some(4), cursor };
        let mut from = None;
        let mut seen = Vec::new();
        loop {
            let page = notes.list(&ada, &ask(from)).await.unwrap();
            assert!(page.items.iter().all(|note| note.owner == ada));
            seen.extend(page.items.iter().map(|note| (note.created_at, note.id)));
            clock.advance(Duration::from_secs(1));
            notes.write(&ada, draft(&format!("later {}", seen.len()))).await.unwrap();
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        let first = notes.list(&ada, &ask(None)).await.unwrap();
        let second = notes.list(&ada, &ask(first.next.clone())).await.unwrap();
        let back = notes.list(&ada, &ask(second.previous)).await.unwrap();
        assert_eq!(back.items, first.items);
        assert!(seen.is_sorted_by(|a, b| a > b));
        let ids: HashSet<_> = seen.iter().map(|(_, id)| *id).collect();
        assert_eq!((seen.len(), ids), (25, written));
    })
    .await;
}
