//! Getting new tokens for old.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::stage::{Person, Reply, Stage};

/// How many race.
const RACERS: usize = 64;

pub(super) async fn run(stage: &Stage) {
    a_token_is_good_once(stage).await;
    two_tabs_stay_in(stage).await;
    of_many_who_race_all_stay_in(stage).await;
    what_is_no_token_is_refused(stage).await;
    tokens_run_out(stage).await;
}

async fn refresh(stage: &Stage, token: &str) -> Reply {
    stage.post("/refresh", json!({ "refresh_token": token })).await
}

async fn a_token_is_good_once(stage: &Stage) {
    let first = stage.signed_in().await;
    let reply = refresh(stage, &first.refresh).await;
    assert_eq!(
        (reply.status, reply.headers["cache-control"].to_str().unwrap()),
        (200, "no-store"),
        "{reply:?}"
    );
    let second = Person::of(&first.email, &reply);
    assert_ne!(first.refresh, second.refresh);
    assert_eq!(first.session, second.session);
    stage.time.advance(Duration::from_secs(11));
    let stolen = refresh(stage, &first.refresh).await;
    assert_eq!(stolen.refusal(), (401, "auth.invalid_refresh_token"), "past the grace it was used before");
    let ended = refresh(stage, &second.refresh).await;
    assert_eq!(ended.refusal(), (401, "auth.invalid_refresh_token"), "the whole session has ended");
    let me = stage.ask("GET", &second.access, "/me", Value::Null).await;
    assert_eq!(me.refusal(), (401, "auth.invalid_token"), "with its access tokens");
}

async fn two_tabs_stay_in(stage: &Stage) {
    let first = stage.signed_in().await;
    let one = Person::of("", &refresh(stage, &first.refresh).await);
    stage.time.advance(Duration::from_secs(9));
    let other = Person::of("", &refresh(stage, &first.refresh).await);
    assert_eq!(one.refresh, other.refresh, "the same successor");
    assert_eq!(refresh(stage, &other.refresh).await.status, 200);
}

async fn of_many_who_race_all_stay_in(stage: &Stage) {
    let first = stage.signed_in().await;
    let replies = join_all((0..RACERS).map(|_| refresh(stage, &first.refresh))).await;
    let mut tokens: Vec<_> = replies.iter().map(|reply| Person::of("", reply).refresh).collect();
    assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
    tokens.dedup();
    assert_eq!(tokens.len(), 1, "one successor for all");
}

async fn what_is_no_token_is_refused(stage: &Stage) {
    let ada = stage.signed_in().await;
    let cut = &ada.refresh[..ada.refresh.len() - 1];
    for token in ["", "gvr_", "x", cut, &ada.access] {
        let reply = refresh(stage, token).await;
        assert!(matches!(reply.status, 401 | 422), "{token}: {reply:?}");
    }
    assert_eq!(stage.post("/refresh", Value::Null).await.refusal(), (401, "auth.invalid_refresh_token"));
    assert_eq!(stage.post("/refresh", json!({})).await.refusal(), (401, "auth.invalid_refresh_token"));
}

async fn tokens_run_out(stage: &Stage) {
    let ada = stage.signed_in().await;
    stage.time.advance(Duration::from_secs(900 + 31));
    let me = stage.ask("GET", &ada.access, "/me", Value::Null).await;
    assert_eq!(me.refusal(), (401, "auth.invalid_token"));
    let fresh = Person::of("", &refresh(stage, &ada.refresh).await);
    assert_eq!(stage.ask("GET", &fresh.access, "/me", Value::Null).await.status, 200);
    stage.time.advance(Duration::from_hours(7 * 24));
    assert_eq!(refresh(stage, &fresh.refresh).await.refusal(), (401, "auth.invalid_refresh_token"));
}
