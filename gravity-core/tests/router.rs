//! The router against a model: random tables, put together in every way, and random requests.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use gravity_core::http::{Body, Json, PUBLIC, Path, Routes, method};
use http::{Method, Request};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

type Params = BTreeMap<String, String>;

/// A segment of a path that is routed; the less goes before the greater.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Static(&'static str),
    Param,
    Rest,
}

/// How a route comes into the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Added,
    Merged,
    Nested(&'static str),
}

#[derive(Debug, Clone)]
struct Line {
    way: Way,
    method: Method,
    segments: Vec<Segment>,
}

impl Line {
    /// How many segments its prefix has.
    fn depth(&self) -> usize {
        match self.way {
            Way::Nested(prefix) => prefix.split('/').skip(1).count(),
            Way::Added | Way::Merged => 0,
        }
    }

    /// All segments, those of its prefix among them.
    fn whole(&self) -> Vec<Segment> {
        match self.way {
            Way::Nested(prefix) => {
                let mut whole: Vec<_> = prefix.split('/').skip(1).map(Segment::Static).collect();
                // `/` of a nested table becomes the prefix itself.
                if self.segments != [Segment::Static("")] {
                    whole.extend(self.segments.iter().cloned());
                }
                whole
            }
            Way::Added | Way::Merged => self.segments.clone(),
        }
    }
}

/// The text of a pattern; a parameter is named by its place, as all that share the place must be.
fn pattern(segments: &[Segment], from: usize) -> String {
    let piece = |(at, segment): (usize, &Segment)| match segment {
        Segment::Static(text) => format!("/{text}"),
        Segment::Param => format!("/{{p{}}}", at + from),
        Segment::Rest => format!("/{{*p{}}}", at + from),
    };
    segments.iter().enumerate().map(piece).collect()
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let segment = prop_oneof![
        3 => select(vec!["a", "b", "ab", "abc"]).prop_map(Segment::Static),
        2 => Just(Segment::Param),
    ];
    let end = prop_oneof![
        4 => Just(None),
        1 => Just(Some(Segment::Rest)),
        1 => Just(Some(Segment::Static(""))),
    ];
    let segments = (vec(segment, 0..4), end).prop_map(|(mut segments, end)| {
        segments.extend(end);
        if segments.is_empty() { vec![Segment::Static("")] } else { segments }
    });
    let way = select(vec![Way::Added, Way::Merged, Way::Nested("/a"), Way::Nested("/b/ab")]);
    let methods = vec![Method::GET, Method::GET, Method::POST, Method::DELETE, Method::HEAD, Method::OPTIONS];
    let line =
        (way, select(methods), segments).prop_map(|(way, method, segments)| Line { way, method, segments });
    vec(line, 0..12).prop_map(|lines| {
        let mut kept: Vec<Line> = Vec::new();
        for line in lines {
            if !kept.iter().any(|known| conflict(known, &line)) {
                kept.push(line);
            }
        }
        kept
    })
}

/// Whether a table refuses to hold both: the same method and path, or a parameter where the other has all
/// the rest.
fn conflict(one: &Line, other: &Line) -> bool {
    let (left, right) = (one.whole(), other.whole());
    let apart = left.iter().zip(&right).find(|(left, right)| left != right);
    match apart {
        Some((Segment::Param, Segment::Rest) | (Segment::Rest, Segment::Param)) => true,
        Some(_) => false,
        None => left == right && one.method == other.method,
    }
}

fn table(lines: &[Line]) -> Routes {
    let mut added = Routes::new();
    let mut merged = Routes::new();
    let mut nested: BTreeMap<&str, Routes> = BTreeMap::new();
    for (number, line) in lines.iter().enumerate() {
        let path = pattern(&line.segments, line.depth());
        let handler = move |Path(params): Path<Params>| async move { Json((number, params)) };
        let route = method(line.method.clone(), &path, "operation").allow(PUBLIC).to(handler);
        match line.way {
            Way::Added => added = added.route(route),
            Way::Merged => merged = merged.route(route),
            Way::Nested(prefix) => {
                let routes = nested.entry(prefix).or_default();
                *routes = std::mem::take(routes).route(route);
            }
        }
    }
    nested.into_iter().fold(added.merge(merged), |routes, (prefix, nested)| routes.nest(prefix, nested))
}

/// What the parameters of a pattern are in a path; `None` where the path is not of it.
fn matched(pattern: &[Segment], path: &str) -> Option<Params> {
    let mut params = Params::new();
    let mut rest = path;
    for (at, segment) in pattern.iter().enumerate() {
        rest = rest.strip_prefix('/')?;
        let name = format!("p{at}");
        if *segment == Segment::Rest {
            params.insert(name, rest.replace("%61", "a"));
            return (!rest.is_empty()).then_some(params);
        }
        let (piece, after) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        match segment {
            Segment::Static(text) if *text == piece => {}
            // Nothing is a parameter only where more follows; it is refused later.
            Segment::Param if !piece.is_empty() || !after.is_empty() => {
                params.insert(name, piece.replace("%61", "a"));
            }
            _ => return None,
        }
        rest = after;
    }
    rest.is_empty().then_some(params)
}

#[derive(Debug, PartialEq, Eq)]
enum Expected {
    Answer(usize, Params),
    Allow(u16, String),
    NotFound,
}

fn model(lines: &[Line], asked: &Method, path: &str) -> Expected {
    let mut found: Vec<_> = lines
        .iter()
        .enumerate()
        .filter_map(|(number, line)| Some((line.whole(), number, matched(&line.whole(), path)?)))
        .collect();
    // Static segments go before parameters, and these before all the rest, from left to right.
    let rank = |segments: &[Segment]| -> Vec<u8> {
        let of = |segment: &Segment| match segment {
            Segment::Static(_) => 0,
            Segment::Param => 1,
            Segment::Rest => 2,
        };
        segments.iter().map(of).collect()
    };
    let Some(best) = found.iter().map(|(segments, ..)| rank(segments)).min() else {
        return Expected::NotFound;
    };
    found.retain(|(segments, ..)| rank(segments) == best);
    if found.iter().any(|(_, _, params)| params.values().any(String::is_empty)) {
        return Expected::NotFound;
    }
    let by = |wanted: &Method| found.iter().find(|(_, number, _)| lines[*number].method == *wanted);
    let get = || if *asked == Method::HEAD { by(&Method::GET) } else { None };
    if let Some((_, number, params)) = by(asked).or_else(get) {
        return Expected::Answer(*number, params.clone());
    }
    let mut methods: BTreeSet<&str> =
        found.iter().map(|(_, number, _)| lines[*number].method.as_str()).collect();
    if methods.contains("GET") {
        methods.insert("HEAD");
    }
    methods.insert("OPTIONS");
    let status = if *asked == Method::OPTIONS { 204 } else { 405 };
    Expected::Allow(status, methods.into_iter().collect::<Vec<_>>().join(", "))
}

async fn compare(routes: &Routes, lines: &[Line], asked: &Method, path: &str) {
    let request = Request::builder().method(asked).uri(path).body(Body::empty()).unwrap();
    let Ok(response) = routes.handle(request).await;
    let (head, body) = response.into_parts();
    let body = body.into_bytes(1 << 16).await.unwrap();
    let what = format!("{asked} {path} of {routes:?}");
    let allow = head.headers.get("allow").map(|allow| allow.to_str().unwrap());
    match model(lines, asked, path) {
        Expected::Answer(number, params) => {
            assert_eq!((head.status.as_u16(), allow), (200, None), "{what}");
            let expected = serde_json::to_vec(&(number, params)).unwrap();
            if *asked == Method::HEAD {
                assert_eq!(head.headers["content-length"], expected.len().to_string(), "{what}");
                assert!(body.is_empty(), "{what}");
            } else {
                assert_eq!(body, expected, "{what}");
            }
        }
        Expected::Allow(status, methods) => {
            assert_eq!((head.status.as_u16(), allow), (status, Some(methods.as_str())), "{what}");
        }
        Expected::NotFound => assert_eq!((head.status.as_u16(), allow), (404, None), "{what}"),
    }
}

fn requests() -> impl Strategy<Value = Vec<(Method, String)>> {
    let piece = select(vec!["a", "b", "ab", "abc", "abcd", "c", "%61", "", "."]);
    let path = vec(piece, 1..6).prop_map(|pieces| format!("/{}", pieces.join("/")));
    let methods = ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "BREW"];
    let method = select(methods.map(|name| name.parse::<Method>().unwrap()).to_vec());
    vec((method, path), 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_request_reaches_the_route_of_the_model(lines in lines(), requests in requests()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let routes = table(&lines);
        runtime.block_on(async {
            for (asked, path) in &requests {
                compare(&routes, &lines, asked, path).await;
            }
            // The paths of the table itself, its parameters filled in.
            for line in &lines {
                let path = pattern(&line.whole(), 0).replace(['{', '}', '*'], "");
                for asked in [&line.method, &Method::HEAD, &Method::PUT] {
                    compare(&routes, &lines, asked, &path).await;
                }
            }
        });
    }
}
