//! Notes over HTTP: the same scenarios in process and through every host, on memory and on every database.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking, and says where")]

mod notes;
mod notes_api;

use std::collections::HashSet;
use std::time::Duration;

use gravity_core::http::client::ClientError;
use gravity_core::{Cursor, Id, Page, PageRequest};
use http::Method;
use http::header::CONTENT_TYPE;
use serde_json::json;

use notes::http::Rewrite;
use notes::{Draft, Note};
use notes_api::{ADA, BOB, EVE, each_api, refusal};

fn draft(title: &str) -> Draft {
    Draft { title: title.into(), body: format!("about {title} 🦀") }
}

fn rewrite(version: i64, title: &str) -> Rewrite {
    Rewrite { version, draft: draft(title) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_lives_from_writing_to_discarding() {
    each_api(async |api| {
        let (ada, bob) = (api.notes(ADA), api.notes(BOB));
        let note = ada.write(&draft("ideas")).await.unwrap();
        assert_eq!((note.version, note.owner.as_str(), note.created_at), (1, "ada", api.clock.now()));
        assert_eq!(ada.read(note.id).await.unwrap().as_ref(), Some(&note));
        // Of what is another's nothing is to be seen, not even that it is there.
        assert_eq!(bob.read(note.id).await.unwrap(), None);
        assert_eq!(refusal(bob.discard(note.id).await), (404, "notes.not_found".into()));

        let changed = ada.rewrite(note.id, &rewrite(1, "plans")).await.unwrap();
        assert_eq!((changed.version, changed.title.as_str(), changed.id), (2, "plans", note.id));
        assert_eq!(refusal(ada.rewrite(note.id, &rewrite(1, "late")).await), (409, "notes.changed".into()));
        ada.write(&draft("taken")).await.unwrap();
        assert_eq!(refusal(ada.write(&draft("taken")).await), (409, "notes.title_taken".into()));
        let onto = ada.rewrite(note.id, &rewrite(2, "taken")).await;
        assert_eq!(refusal(onto), (409, "notes.title_taken".into()));
        bob.write(&draft("taken")).await.unwrap();

        ada.discard(note.id).await.unwrap();
        assert_eq!(refusal(ada.discard(note.id).await), (404, "notes.not_found".into()));
        assert_eq!(ada.list(&PageRequest::default()).await.unwrap().items.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_says_where_it_is() {
    each_api(async |api| {
        let client = api.client(ADA);
        let answer = client.post("/notes").json(&draft("a")).send_raw().await.unwrap();
        assert_eq!(answer.status(), 201);
        let location = answer.headers()["location"].to_str().unwrap().to_owned();
        let note: Note =
            serde_json::from_slice(&answer.into_body().into_bytes(1 << 20).await.unwrap()).unwrap();
        assert_eq!(location, format!("/notes/{}", note.id));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_the_faults_of_an_input_are_told_at_once() {
    each_api(async |api| {
        let client = api.client(ADA);
        let body = json!({ "version": 0, "title": "", "body": 7 });
        let refused = client.put("/notes").segment(some_id()).json(&body).send_empty().await.unwrap_err();
        let problem = refused.problem().unwrap();
        let mut faults: Vec<_> = problem.errors().map(|fault| (fault.pointer, fault.code.unwrap())).collect();
        faults.sort_unstable();
        assert_eq!(faults, [("/body", "wrong_type"), ("/title", "too_short"), ("/version", "too_small")]);
        assert_eq!((problem.status().as_u16(), problem.code()), (422, Some("http.invalid")));

        let asked = [("limit", "0"), ("cursor", "a b")];
        let refused = client.get("/notes").query(&asked).send_empty().await.unwrap_err();
        let mut pointers: Vec<_> = refused.problem().unwrap().errors().map(|fault| fault.pointer).collect();
        pointers.sort_unstable();
        assert_eq!(pointers, ["/query/cursor", "/query/limit"]);
        assert_eq!(refusal::<()>(Err(refused)), (400, "http.bad_parameter".into()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_is_refused() {
    each_api(async |api| {
        let nobody = api.nobody().get("/notes").send_empty().await;
        assert_eq!(refusal(nobody), (401, "http.unauthenticated".into()));
        let forged = api.notes("no key of ours").list(&PageRequest::default()).await;
        assert_eq!(refusal(forged), (401, "http.unauthenticated".into()));
        // Eve may read and not write.
        api.notes(EVE).list(&PageRequest::default()).await.unwrap();
        assert_eq!(refusal(api.notes(EVE).write(&draft("x")).await), (403, "http.forbidden".into()));
        // Whether the thing is there is not said to who may not ask for it.
        assert_eq!(refusal(api.notes(EVE).discard(some_id()).await), (403, "http.forbidden".into()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_request_is_refused() {
    each_api(async |api| {
        // A client for each call: what is refused before its body was read may cost the connection.
        let call = |method, path| api.client(ADA).call(method, path);
        let typed = |media| call(Method::POST, "/notes").header(CONTENT_TYPE, media);
        let post = || typed("application/json");
        let long = "x".repeat(130 * 1024);
        for (call, status, code) in [
            (call(Method::GET, "/nothing"), 404, "http.not_found"),
            (call(Method::PATCH, "/notes"), 405, "http.method_not_allowed"),
            (post().json(&json!({ "title": long })), 413, "http.body_too_large"),
            (typed("text/plain").body("x"), 415, "http.unsupported_media_type"),
            (call(Method::POST, "/notes"), 415, "http.unsupported_media_type"),
            (post(), 400, "http.bad_body"),
            (post().body("{\"title\":"), 400, "http.bad_body"),
            (post().body("{\"title\":\"\\ud800\"}"), 400, "http.bad_body"),
            (post().body(b"{\"title\":\"\xff\"}".to_vec()), 400, "http.bad_body"),
            (post().body("[".repeat(100)), 400, "http.bad_body"),
            (post().json(&json!({})), 422, "http.invalid"),
            (
                call(Method::GET, "/notes").header(http::header::ACCEPT, "text/html"),
                406,
                "http.not_acceptable",
            ),
        ] {
            let what = format!("{call:?}");
            assert_eq!(refusal(call.send_raw().await), (status, code.to_owned()), "{what}");
        }
        assert!(api.notes(ADA).list(&PageRequest::default()).await.unwrap().items.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_are_none_are_told_from_those_of_nothing() {
    each_api(async |api| {
        let client = api.client(ADA);
        let digits = "9".repeat(4000);
        let id = some_id().to_string();
        let foreign = id.replace("note_", "user_");
        let beyond = "note_8zzzzzzzzzzzzzzzzzzzzzzzzz".to_owned();
        for bad in ["1", "18446744073709551616", "note_", "\0", "é", "..%2f", &digits, &foreign, &beyond] {
            let refused = client.get("/notes").segment(bad).send_empty().await;
            assert_eq!(refusal(refused), (400, "http.bad_parameter".into()), "{bad:?}");
        }
        assert_eq!(
            refusal(client.get("/notes").segment(id).send_empty().await),
            (404, "notes.not_found".into())
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn text_comes_back_as_it_was_written() {
    each_api(async |api| {
        let ada = api.notes(ADA);
        // Composed and not are two texts; a limit counts characters, not bytes.
        let crabs = "🦀".repeat(100);
        for title in [
            "ünï",
            "u\u{308}",
            "ü",
            "שלום",
            "a\u{202e}b",
            "'; DROP TABLE notes; --",
            "%00 \\u0000 $1 ?",
            "\u{1}\u{7f}\n",
            " ",
            &crabs,
        ] {
            let note = ada.write(&draft(title)).await.unwrap();
            assert_eq!(ada.read(note.id).await.unwrap().unwrap(), note);
            assert_eq!(note.title, title);
        }
        assert_eq!(refusal(ada.write(&draft(&"🦀".repeat(101))).await), (422, "http.invalid".into()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_character_that_no_text_holds_is_refused_everywhere() {
    each_api(async |api| {
        let refused = api.notes(ADA).write(&draft("a\0b")).await.unwrap_err();
        let problem = refused.problem().unwrap();
        let faults: Vec<_> = problem.errors().map(|fault| (fault.pointer, fault.code.unwrap())).collect();
        assert_eq!(faults, [("/body", "nul_character"), ("/title", "nul_character")]);
        assert_eq!(problem.status().as_u16(), 422);
        // Beside the other faults, and in members that nobody reads.
        let body = json!({ "title": "", "\0": ["\0"] });
        let refused = api.client(ADA).post("/notes").json(&body).send_empty().await.unwrap_err();
        let mut pointers: Vec<_> = refused.problem().unwrap().errors().map(|fault| fault.pointer).collect();
        pointers.sort_unstable();
        assert_eq!(pointers, ["/\0", "/\0/0", "/title"]);
        let refused = api.client(ADA).get("/notes").query(&[("cursor", "a\0")]).send_empty().await;
        assert_eq!(refusal(refused), (400, "http.bad_parameter".into()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_change_a_note_at_once_one_wins() {
    each_api(async |api| {
        let note = api.notes(ADA).write(&draft("start")).await.unwrap();
        let race: Vec<_> = (0..16)
            .map(|n| {
                let ada = api.notes(ADA);
                tokio::spawn(async move { ada.rewrite(note.id, &rewrite(1, &format!("n{n}"))).await })
            })
            .collect();
        let mut winner = None;
        for racer in race {
            match racer.await.unwrap() {
                Ok(changed) => assert!(winner.replace(changed).is_none(), "two have won"),
                lost => assert_eq!(refusal(lost), (409, "notes.changed".into())),
            }
        }
        assert_eq!(api.notes(ADA).read(note.id).await.unwrap(), winner);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_every_note_once_while_others_are_written() {
    each_api(async |api| {
        let ada = api.notes(ADA);
        let mut written = HashSet::new();
        for n in 0..9 {
            // Several of one instant, which the id tells apart.
            api.clock.advance(Duration::from_micros(n % 2));
            written.insert(ada.write(&draft(&n.to_string())).await.unwrap().id);
        }
        let ask = |cursor: Option<Cursor>| PageRequest { limit: Some(2), cursor };
        let first = ada.list(&ask(None)).await.unwrap();
        let (mut page, mut seen) = (first.clone(), Vec::new());
        loop {
            assert!(page.items.len() <= 2);
            seen.extend(page.items.iter().map(|note| note.id));
            api.clock.advance(Duration::from_secs(1));
            ada.write(&draft(&format!("later {}", seen.len()))).await.unwrap();
            let Some(next) = page.next else { break };
            page = ada.list(&ask(Some(next))).await.unwrap();
        }
        assert_eq!((seen.len(), seen.into_iter().collect::<HashSet<_>>()), (9, written));
        let second = ada.list(&ask(first.next.clone())).await.unwrap();
        assert_eq!(ada.list(&ask(second.previous)).await.unwrap().items, first.items);
        // However many are asked for, a page has its bounds.
        assert_eq!(
            ada.list(&PageRequest { limit: Some(u32::MAX), cursor: None }).await.unwrap().items.len(),
            14
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_are_neither_made_nor_lent() {
    each_api(async |api| {
        let (ada, bob) = (api.notes(ADA), api.notes(BOB));
        for n in 0..3 {
            ada.write(&draft(&n.to_string())).await.unwrap();
            bob.write(&draft(&n.to_string())).await.unwrap();
        }
        let page: Page<Note> = ada.list(&PageRequest { limit: Some(1), cursor: None }).await.unwrap();
        let cursor = page.next.unwrap();
        let ask = |cursor: Cursor| PageRequest { limit: Some(1), cursor: Some(cursor) };
        assert_eq!(ada.list(&ask(cursor.clone())).await.unwrap().items.len(), 1);
        assert_eq!(refusal(bob.list(&ask(cursor.clone())).await), (400, "invalid_cursor".into()));
        for at in [0, 1, 5, cursor.as_str().len() - 2] {
            let mut forged = cursor.as_str().to_owned();
            let other = if &forged[at..=at] == "A" { "B" } else { "A" };
            forged.replace_range(at..=at, other);
            let refused = ada.list(&ask(forged.parse().unwrap())).await;
            assert_eq!(refusal(refused), (400, "invalid_cursor".into()), "{at}");
        }
        assert_eq!(refusal(ada.list(&ask("AAAA".parse().unwrap())).await), (400, "invalid_cursor".into()));
        for bad in ["", "a b", "💥", &"A".repeat(4097)] {
            let refused = api.client(ADA).get("/notes").query(&[("cursor", bad)]).send_empty().await;
            assert_eq!(refusal(refused), (400, "http.bad_parameter".into()), "{bad:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_is_a_503_that_tells_no_more() {
    each_api(async |api| {
        let Some(db) = &api.db else { return };
        let ada = api.notes(ADA);
        let note = ada.write(&draft("x")).await.unwrap();
        db.close().await;
        let refusals = [
            ada.list(&PageRequest::default()).await.map(drop),
            ada.write(&draft("y")).await.map(drop),
            ada.read(note.id).await.map(drop),
            ada.rewrite(note.id, &rewrite(1, "z")).await.map(drop),
            ada.discard(note.id).await,
        ];
        for refused in refusals {
            let Err(ClientError::Problem(problem)) = refused else { panic!("{refused:?}") };
            assert_eq!((problem.status().as_u16(), problem.code()), (503, Some("database_unavailable")));
            let told = problem.document().to_string().to_lowercase();
            for word in ["closed", "pool", "sqlite", "postgres", "sqlx", "notes ("] {
                assert!(!told.contains(word), "{told}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_in_a_transaction_has_changed_nothing() {
    each_api(async |api| {
        let Some(db) = &api.db else { return };
        let count = async || -> i64 { db.query("SELECT COUNT(*) FROM notes").fetch_scalar().await.unwrap() };
        let call = api.client(ADA).post("/stuck").send_empty();
        let call = tokio::spawn(call);
        api.stuck.inside.notified().await;
        call.abort();
        api.stuck.dropped.notified().await;
        assert_eq!(count().await, 0);
        // Neither the lock nor the connection is lost.
        api.notes(ADA).write(&draft("after")).await.unwrap();
        assert_eq!(count().await, 1);
    })
    .await;
}

/// The id of nothing.
fn some_id() -> Id<Note> {
    Id::from_uuid(uuid::Uuid::from_u128(7))
}
