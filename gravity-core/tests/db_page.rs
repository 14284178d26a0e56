//! Keyset pages against a plain sort, on every back end.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cmp::{Ordering, Reverse};

use gravity_core::db::{Database, Error, ErrorKind, FromRow, KeyColumn, KeyKind, Keyset};
use gravity_core::page::{CursorContext, CursorKey, CursorKeys, Direction, KeyValue, Position, Sort};
use gravity_core::testing::db::each;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

#[derive(Debug, Clone, PartialEq, FromRow)]
struct Item {
    id: i64,
    rank: i64,
    label: Option<String>,
}

const ID: KeyColumn = KeyColumn::asc("id", KeyKind::Integer);
const RANK: KeyColumn = KeyColumn::asc("rank", KeyKind::Integer);
const LABEL: KeyColumn = KeyColumn::asc("label", KeyKind::Text).nullable();
const ALLOWED: &[(&str, KeyColumn)] = &[("rank", RANK), ("label", LABEL), ("id", ID)];
const SORTS: &[&str] = &[
    "",
    "rank",
    "-rank",
    "label",
    "-label",
    "rank,label",
    "-rank,label",
    "rank,-label",
    "-label,rank",
    "-id",
    "-label,-rank,id",
];

fn value(item: &Item, column: &str) -> KeyValue {
    match column {
        "id" => item.id.into(),
        "rank" => item.rank.into(),
        _ => item.label.as_deref().into(),
    }
}

fn names(sort: &str) -> Vec<(&str, bool)> {
    let mut names: Vec<_> = sort
        .split(',')
        .filter(|name| !name.is_empty())
        .map(|name| name.strip_prefix('-').map_or((name, false), |name| (name, true)))
        .collect();
    if !names.iter().any(|(name, _)| *name == "id") {
        let descending = names.last().is_some_and(|(_, descending)| *descending);
        names.push(("id", descending));
    }
    names
}

fn compare(a: &Item, b: &Item, sort: &str) -> Ordering {
    names(sort)
        .iter()
        .map(|&(name, descending)| match name {
            "id" if descending => b.id.cmp(&a.id),
            "id" => a.id.cmp(&b.id),
            "rank" if descending => b.rank.cmp(&a.rank),
            "rank" => a.rank.cmp(&b.rank),
            _ => match (&a.label, &b.label) {
                (Some(a), Some(b)) if descending => Reverse(a).cmp(&Reverse(b)),
                (Some(a), Some(b)) => a.cmp(b),
                (a, b) => a.is_none().cmp(&b.is_none()),
            },
        })
        .fold(Ordering::Equal, Ordering::then)
}

fn sorts(sort: &str) -> Vec<Sort> {
    let parse = |name: &str| match name.strip_prefix('-') {
        Some(name) => Sort::descending(name),
        None => Sort::ascending(name),
    };
    sort.split(',').filter(|name| !name.is_empty()).map(parse).collect()
}

/// All pages in order: to the end of the list, and back to its beginning.
async fn pages(db: &Database, sort: &str, least: i64, limit: u32) -> Result<[Vec<Item>; 2], Error> {
    let keyset = Keyset::sorted(&sorts(sort), ALLOWED, ID)?;
    let keys = CursorKeys::new(CursorKey::random());
    let context = CursorContext::new("items").filter("least", least).sort(&sorts(sort));
    let read = async |from: Option<&Position>| {
        let rows: Vec<Item> = db
            .query("SELECT id, rank, label FROM items WHERE rank >= $1")
            .bind(least)
            .push(" AND rank <= ")
            .push_bind(1_000_i64)
            .push_page(&keyset, from, limit)
            .fetch_all()
            .await?;
        let names: Vec<_> = keyset.columns().iter().map(KeyColumn::name).collect();
        let page = keyset.cut(rows, from, limit, |item| names.iter().map(|name| value(item, name)).collect());
        assert!(page.items.len() <= limit as usize);
        Ok::<_, Error>(page)
    };
    let (mut forward, mut backward) = (Vec::new(), Vec::new());
    let mut from: Option<Position> = None;
    loop {
        let page = read(from.as_ref()).await?;
        assert_eq!(page.previous.is_some(), from.is_some());
        // As a client would send it back.
        let sealed = page.clone().seal(&keys, &context).unwrap();
        forward.extend(page.items);
        match sealed.next {
            Some(next) => from = Some(keys.open(&context, &next).unwrap()),
            None => break,
        }
    }
    from = from.map(|position| Position { direction: Direction::Backward, ..position });
    // The last page's place, turned round, leads to the rows before the row it names.
    while let Some(place) = from {
        let page = read(Some(&place)).await?;
        backward.splice(0..0, page.items);
        from = page.previous;
    }
    Ok([forward, backward])
}

#[tokio::test]
async fn pages_together_are_the_sorted_list() {
    each(async |db| {
        let label = match db.engine() {
            gravity_core::db::Engine::Sqlite => {
                "CREATE TABLE items (id BIGINT PRIMARY KEY, rank BIGINT NOT NULL, label TEXT)"
            }
            // As bytes sort, so that the test can.
            gravity_core::db::Engine::Postgres => {
                "CREATE TABLE items (id BIGINT PRIMARY KEY, rank BIGINT NOT NULL, label TEXT COLLATE \"C\")"
            }
        };
        db.query(label).execute().await.unwrap();
        let item = (0_i64..4, proptest::option::weighted(0.7, "[ab]{0,2}"));
        let lists = proptest::collection::vec(item, 0..40);
        let mut runner = TestRunner::deterministic();
        for _ in 0..8 {
            let drawn = lists.new_tree(&mut runner).unwrap().current();
            let items: Vec<Item> =
                (0..).zip(drawn).map(|(id, (rank, label))| Item { id, rank, label }).collect();
            db.query("DELETE FROM items").execute().await.unwrap();
            for item in &items {
                let query = db.query("INSERT INTO items VALUES ($1, $2, $3)").bind(item.id).bind(item.rank);
                query.bind(&item.label).execute().await.unwrap();
            }
            for sort in SORTS {
                let mut expected: Vec<_> = items.iter().filter(|item| item.rank >= 1).cloned().collect();
                expected.sort_by(|a, b| compare(a, b, sort));
                let [forward, backward] = pages(&db, sort, 1, 3).await.unwrap();
                assert_eq!(forward, expected, "sorted by `{sort}`");
                // All rows but those of the last page, and the one that its place names.
                let before = (expected.len().saturating_sub(1) / 3 * 3).saturating_sub(1);
                assert_eq!(backward, expected[..before], "sorted by `{sort}`, backward");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_not_allowed_is_refused() {
    each(async |db| {
        db.query("CREATE TABLE items (id BIGINT PRIMARY KEY, rank BIGINT NOT NULL, label TEXT)")
            .execute()
            .await
            .unwrap();
        for sort in ["password", "rank; DROP TABLE items", "rank,-rank"] {
            assert_eq!(pages(&db, sort, 0, 3).await.unwrap_err().kind(), ErrorKind::Cursor);
        }
        let keyset = Keyset::sorted(&[Sort::ascending("label")], ALLOWED, ID).unwrap();
        let wrong: [&[KeyValue]; 4] = [
            &[],
            &[KeyValue::Null],
            &[KeyValue::Integer(1), KeyValue::Integer(1)],
            &[KeyValue::Null, KeyValue::Null],
        ];
        let place = |values: &[KeyValue]| Position { direction: Direction::Forward, values: values.to_vec() };
        for values in wrong {
            let values = place(values);
            let query =
                db.query("SELECT id, rank, label FROM items WHERE true").push_page(&keyset, Some(&values), 5);
            assert_eq!(query.fetch_all::<Item>().await.unwrap_err().kind(), ErrorKind::Cursor);
        }
        let none = place(&[KeyValue::Null, KeyValue::Integer(0)]);
        let query =
            db.query("SELECT id, rank, label FROM items WHERE true").push_page(&keyset, Some(&none), 5);
        assert!(query.fetch_all::<Item>().await.unwrap().is_empty());
    })
    .await;
}
