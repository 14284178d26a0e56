//! Circuit breakers, retries, bulkheads and hedging, on clocks that the tests move.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gravity_core::http::{Body, BoxError, PUBLIC, Routes, get};
use gravity_core::resilience::{
    Breaker, BreakerConfig, BreakerState, BulkheadLayer, CircuitBreakerLayer, HedgeLayer, Outcome, Rejected,
    RetryBudget, RetryLayer,
};
use gravity_core::{Metrics, TestClock, Timestamp};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use proptest::prelude::*;
use tokio::time::Instant;
use tower::{Layer, Service, ServiceExt, service_fn};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

fn hands() -> TestClock {
    TestClock::at(Timestamp::from_seconds(1_800_000_000).unwrap())
}

fn request(method: Method) -> Request<Body> {
    let mut request = Request::new(Body::from("body"));
    *request.method_mut() = method;
    request
}

fn status(code: u16) -> Response<Body> {
    let mut response = Response::new(Body::from("answer"));
    *response.status_mut() = StatusCode::from_u16(code).unwrap();
    response
}

/// A service that gives these answers in turn, 0 for an error, and then 200; and how often it was called.
fn script(
    answers: &[u16],
) -> (
    impl Service<Request<Body>, Response = Response<Body>, Error = BoxError, Future: Send>
    + Clone
    + Send
    + 'static,
    Arc<AtomicUsize>,
) {
    let answers = Arc::new(Mutex::new(VecDeque::from(answers.to_vec())));
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let service = service_fn(move |request: Request<Body>| {
        count.fetch_add(1, Ordering::SeqCst);
        let next = answers.lock().unwrap().pop_front().unwrap_or(200);
        async move {
            assert_eq!(
                request.into_body().into_bytes(100).await.unwrap(),
                "body",
                "each try carries the body"
            );
            if next == 0 { Err(BoxError::from("broken")) } else { Ok(status(next)) }
        }
    });
    (service, calls)
}

#[tokio::test]
async fn a_breaker_opens_waits_tries_and_closes() {
    let (hands, metrics) = (hands(), Metrics::new());
    let breaker = Breaker::measured("payments", BreakerConfig::new().with_clock(hands.clock()), &metrics);
    let (service, calls) = script(&[500, 0, 200, 503, 0, 500, 502, 0, 200, 404, 0, 200, 501, 200]);
    let service = CircuitBreakerLayer::new(breaker.clone()).layer(service);
    let call = async || service.clone().oneshot(request(Method::POST)).await;
    // Two failures, a success, and five in a row.
    for _ in 0..8 {
        assert_eq!(breaker.state(), BreakerState::Closed);
        let _ = call().await;
    }
    assert_eq!(breaker.state(), BreakerState::Open);
    let error = call().await.unwrap_err();
    let rejected = error.downcast_ref::<Rejected>().unwrap();
    assert_eq!(*rejected, Rejected::Open { name: "payments", retry_after: MINUTE });
    hands.advance(MINUTE - Duration::from_micros(1));
    assert!(call().await.is_err());
    assert_eq!(calls.load(Ordering::SeqCst), 8, "nothing was called while it was open");
    // Two trials succeed, the third fails: open for another minute.
    hands.advance(Duration::from_micros(1));
    assert!(call().await.is_ok());
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    assert_eq!(call().await.unwrap().status(), 404);
    assert!(call().await.is_err());
    assert_eq!(breaker.state(), BreakerState::Open);
    // A clock that is set back does not keep it open for longer than it would have been.
    hands.set(Timestamp::UNIX_EPOCH);
    assert!(call().await.is_err());
    hands.advance(MINUTE);
    for _ in 0..3 {
        assert!(call().await.is_ok());
    }
    assert_eq!(breaker.state(), BreakerState::Closed);
    let text = metrics.render();
    assert!(text.contains("circuit_breaker_state{name=\"payments\"} 0"), "{text}");
    assert!(text.contains("circuit_breaker_opened_total{name=\"payments\"} 2"), "{text}");
    assert!(text.contains("circuit_breaker_rejected_total{name=\"payments\"} 3"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn exactly_three_of_many_trials_race_through() {
    let hands = hands();
    let breaker = Breaker::new("x", BreakerConfig::new().with_failures(1).with_clock(hands.clock()));
    for _ in 0..50 {
        breaker.admit().unwrap().failed();
        hands.advance(MINUTE);
        let callers = (0..32).map(|_| {
            let breaker = breaker.clone();
            tokio::spawn(async move { breaker.admit().ok() })
        });
        let mut tickets = Vec::new();
        for caller in callers.collect::<Vec<_>>() {
            tickets.extend(caller.await.unwrap());
        }
        assert_eq!(tickets.len(), 3);
        // One that is given up makes room for one, and only one.
        tickets.pop();
        tickets.push(breaker.admit().unwrap());
        assert!(breaker.admit().is_err());
        tickets.into_iter().for_each(gravity_core::resilience::Ticket::succeeded);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }
}

#[tokio::test]
async fn trials_that_are_given_up_or_hang_hold_nobody_up() {
    let hands = hands();
    let breaker =
        Breaker::new("x", BreakerConfig::new().with_failures(1).with_trials(1).with_clock(hands.clock()));
    let late = breaker.admit().unwrap();
    breaker.admit().unwrap().failed();
    hands.advance(MINUTE);
    let hung = CircuitBreakerLayer::new(breaker.clone())
        .layer(service_fn(|_: Request<Body>| pending::<Result<Response<Body>, BoxError>>()));
    let mut trial = Box::pin(hung.clone().oneshot(request(Method::GET)));
    assert!(futures_util::poll!(&mut trial).is_pending());
    assert!(breaker.admit().is_err());
    drop(trial);
    // What a call of before has found out counts no more.
    late.failed();
    let mut trial = Box::pin(hung.oneshot(request(Method::GET)));
    assert!(futures_util::poll!(&mut trial).is_pending());
    hands.advance(MINUTE);
    let replaced = breaker.admit().unwrap();
    drop(trial);
    assert!(breaker.admit().is_err(), "the trial that was replaced frees no place of the new one");
    replaced.succeeded();
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn a_rate_of_failures_opens_it_too() {
    let hands = hands();
    let config = BreakerConfig::new().with_rate(50, SECOND * 10, 10).with_clock(hands.clock());
    let breaker = Breaker::new("x", config);
    let call = |fails: bool| {
        breaker.admit().unwrap().settle(if fails { Outcome::Failure } else { Outcome::Success });
    };
    for _ in 0..8 {
        call(true);
        hands.advance(SECOND * 3);
        call(false);
    }
    assert_eq!(breaker.state(), BreakerState::Closed, "never ten calls in ten seconds");
    hands.advance(MINUTE);
    for _ in 0..4 {
        call(true);
        call(false);
    }
    call(false);
    assert_eq!(breaker.state(), BreakerState::Closed);
    call(true);
    assert_eq!(breaker.state(), BreakerState::Open, "five of ten");
}

/// What a breaker does, in the plainest words.
struct Model {
    failures: u32,
    trials: usize,
    row: u32,
    open_since: Option<u64>,
    /// The trials that are under way or have succeeded, when half open.
    under_way: Vec<usize>,
    succeeded: usize,
    half_since: Option<u64>,
}

#[derive(Debug, Clone)]
enum Move {
    Pass(u64),
    Admit,
    Settle(usize, Outcome),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let outcome = prop_oneof![Just(Outcome::Success), Just(Outcome::Failure), Just(Outcome::Neither)];
    let step = prop_oneof![
        1 => (0_u64..40).prop_map(Move::Pass),
        3 => Just(Move::Admit),
        3 => (any::<prop::sample::Index>(), outcome).prop_map(|(at, outcome)| Move::Settle(at.index(1000), outcome)),
    ];
    proptest::collection::vec(step, 1..300)
}

proptest! {
    #[test]
    fn does_what_the_model_does(failures in 1_u32..4, trials in 1_usize..4, moves in moves()) {
        let hands = hands();
        let config = BreakerConfig::new()
            .with_failures(failures)
            .with_trials(u32::try_from(trials).unwrap())
            .with_clock(hands.clock());
        let breaker = Breaker::new("x", config);
        let mut model = Model {
            failures, trials, row: 0, open_since: None, under_way: Vec::new(), succeeded: 0, half_since: None,
        };
        let (mut now, mut next) = (0, 0);
        // Tickets with their number, and whether they were given while it was closed, since its last closing.
        let mut tickets = Vec::new();
        let mut closings = 0;
        for step in moves {
            match step {
                Move::Pass(seconds) => {
                    now += seconds;
                    hands.advance(SECOND * u32::try_from(seconds).unwrap());
                }
                Move::Admit => {
                    let is_trial = model.open_since.is_some() || model.half_since.is_some();
                    let begins = model.open_since.is_some_and(|since| now >= since + 60)
                        || model.half_since.is_some_and(|since| {
                            model.under_way.len() + model.succeeded >= model.trials && now >= since + 60
                        });
                    let expected = !is_trial || begins
                        || (model.half_since.is_some() && model.under_way.len() + model.succeeded < model.trials);
                    if begins {
                        (model.open_since, model.half_since) = (None, Some(now));
                        (model.succeeded, model.under_way) = (0, Vec::new());
                    }
                    let admitted = breaker.admit();
                    prop_assert_eq!(admitted.is_ok(), expected);
                    if let Ok(ticket) = admitted {
                        if is_trial {
                            model.under_way.push(next);
                        }
                        tickets.push((next, (!is_trial).then_some(closings), ticket));
                        next += 1;
                    }
                }
                Move::Settle(at, outcome) => {
                    if tickets.is_empty() {
                        continue;
                    }
                    let (number, closed, ticket) = tickets.swap_remove(at % tickets.len());
                    ticket.settle(outcome);
                    let is_closed = model.open_since.is_none() && model.half_since.is_none();
                    if is_closed && closed == Some(closings) {
                        match outcome {
                            Outcome::Success => model.row = 0,
                            Outcome::Failure => model.row += 1,
                            Outcome::Neither => {}
                        }
                        if model.row >= model.failures {
                            model.open_since = Some(now);
                            model.row = 0;
                        }
                    } else if let Some(at) = model.under_way.iter().position(|known| *known == number) {
                        model.under_way.swap_remove(at);
                        match outcome {
                            Outcome::Success => model.succeeded += 1,
                            Outcome::Failure => {
                                (model.open_since, model.half_since) = (Some(now), None);
                                model.under_way.clear();
                            }
                            Outcome::Neither => {}
                        }
                        if model.half_since.is_some() && model.succeeded >= model.trials {
                            model.half_since = None;
                            model.under_way.clear();
                            model.row = 0;
                            closings += 1;
                        }
                    }
                }
            }
            let expected = match (model.open_since, model.half_since) {
                (Some(_), _) => BreakerState::Open,
                (_, Some(_)) => BreakerState::HalfOpen,
                _ => BreakerState::Closed,
            };
            prop_assert_eq!(breaker.state(), expected);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_no_harm_twice_is_tried_again() {
    for (method, answers, expected) in [
        (Method::GET, &[503, 0, 200][..], 3),
        (Method::PUT, &[429, 429, 429, 429], 3),
        (Method::POST, &[503], 1),
        (Method::GET, &[500], 1),
        (Method::DELETE, &[0, 404], 2),
    ] {
        let (service, calls) = script(answers);
        let service = RetryLayer::new(2).layer(service);
        let _ = service.oneshot(request(method.clone())).await;
        assert_eq!(calls.load(Ordering::SeqCst), expected, "{method} {answers:?}");
    }
    let (service, calls) = script(&[503; 100]);
    let service = RetryLayer::new(5).with_budget(RetryBudget::new(0, 3)).layer(service);
    let mut keyed = request(Method::POST);
    keyed.headers_mut().insert("idempotency-key", "k".parse().unwrap());
    assert_eq!(service.clone().oneshot(keyed).await.unwrap().status(), 503);
    assert_eq!(calls.load(Ordering::SeqCst), 4, "a budget of three");
    let breaker = Breaker::new("x", BreakerConfig::new().with_failures(1));
    breaker.admit().unwrap().failed();
    let (inner, calls) = script(&[]);
    let service = RetryLayer::new(5).layer(CircuitBreakerLayer::new(breaker).layer(inner));
    assert!(service.oneshot(request(Method::GET)).await.unwrap_err().is::<Rejected>());
    assert_eq!(calls.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn so_many_run_and_so_many_wait() {
    let metrics = Metrics::new();
    let (hold, _) = tokio::sync::watch::channel(());
    let running = Arc::new(AtomicUsize::new(0));
    let (count, held) = (Arc::clone(&running), hold.clone());
    let inner = service_fn(move |_: Request<Body>| {
        let (count, mut go) = (Arc::clone(&count), held.subscribe());
        async move {
            count.fetch_add(1, Ordering::SeqCst);
            go.changed().await.unwrap();
            Ok::<_, Infallible>(status(200))
        }
    });
    let layer = BulkheadLayer::new("reports", 2).with_queue(3, SECOND).with_metrics(&metrics);
    let service = layer.layer(inner);
    let mut calls: Vec<_> = (0..5).map(|_| Box::pin(service.clone().oneshot(request(Method::GET)))).collect();
    for call in &mut calls {
        assert!(futures_util::poll!(call).is_pending());
    }
    assert_eq!(running.load(Ordering::SeqCst), 2);
    let full = service.clone().oneshot(request(Method::GET)).await.unwrap_err();
    assert_eq!(
        *full.downcast::<Rejected>().unwrap(),
        Rejected::Full { name: "reports", retry_after: SECOND }
    );
    // One that waits and goes away makes room for another that waits.
    drop(calls.pop());
    calls.push(Box::pin(service.clone().oneshot(request(Method::GET))));
    assert!(futures_util::poll!(calls.last_mut().unwrap()).is_pending());
    // One that runs and goes away makes room for one that waits.
    drop(calls.remove(0));
    assert!(futures_util::poll!(&mut calls[1]).is_pending());
    assert_eq!(running.load(Ordering::SeqCst), 3);
    hold.send(()).unwrap();
    let first = calls.remove(0).await.unwrap();
    let second = calls.remove(0).await.unwrap();
    // Their bodies hold the places: the next two have waited for nothing.
    let began = Instant::now();
    for call in calls {
        assert!(call.await.unwrap_err().is::<Rejected>());
    }
    assert!(began.elapsed() >= SECOND);
    assert_eq!(first.into_body().collect().await.unwrap().to_bytes(), "answer");
    drop(second);
    let mut calls: Vec<_> = (0..2).map(|_| Box::pin(service.clone().oneshot(request(Method::GET)))).collect();
    for call in &mut calls {
        assert!(futures_util::poll!(call).is_pending());
    }
    assert_eq!(running.load(Ordering::SeqCst), 5);
    assert!(metrics.render().contains("bulkhead_rejected_total{name=\"reports\"} 3"));
}

#[tokio::test]
async fn around_routes_a_rejection_is_an_answer() {
    let routes: Routes = Routes::new()
        .route(get("/slow", "slow").allow(PUBLIC).to(async || pending::<&'static str>().await))
        .layer(BulkheadLayer::new("slow", 1));
    let ask = || routes.clone().oneshot(Request::get("/slow").body(Body::empty()).unwrap());
    let mut first = Box::pin(ask());
    assert!(futures_util::poll!(&mut first).is_pending());
    let refused = ask().await.unwrap();
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
}

/// A service whose calls take these times, and end with these statuses; how many were begun, and how many ended.
fn slow(
    times: &[(u64, u16)],
) -> (
    impl Service<Request<Body>, Response = Response<Body>, Error = BoxError, Future: Send>
    + Clone
    + Send
    + 'static,
    Arc<(AtomicUsize, AtomicUsize)>,
) {
    let times = Arc::new(Mutex::new(VecDeque::from(times.to_vec())));
    let calls = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    let counts = Arc::clone(&calls);
    let service = service_fn(move |_: Request<Body>| {
        counts.0.fetch_add(1, Ordering::SeqCst);
        let (time, code) = times.lock().unwrap().pop_front().unwrap_or((10, 200));
        let counts = Arc::clone(&counts);
        async move {
            tokio::time::sleep(Duration::from_millis(time)).await;
            counts.1.fetch_add(1, Ordering::SeqCst);
            if code == 0 { Err(BoxError::from("broken")) } else { Ok(status(code)) }
        }
    });
    (service, calls)
}

#[tokio::test(start_paused = true)]
async fn the_faster_of_two_wins() {
    let hedge = || HedgeLayer::after(Duration::from_millis(50));
    for (method, times, begun, took, code) in [
        (Method::GET, &[(40, 200)][..], 1, 40, 200),
        (Method::GET, &[(1000, 200), (10, 200)], 2, 60, 200),
        (Method::GET, &[(70, 200), (500, 200)], 2, 70, 200),
        // What says "not now" does not win over what is under way.
        (Method::GET, &[(300, 200), (10, 503)], 2, 300, 200),
        (Method::GET, &[(60, 0), (100, 200)], 2, 150, 200),
        (Method::GET, &[(60, 503), (100, 502)], 2, 150, 502),
        (Method::POST, &[(1000, 200)], 1, 1000, 200),
    ] {
        let (service, counts) = slow(times);
        let began = Instant::now();
        let answer = hedge().layer(service).oneshot(request(method.clone())).await;
        assert_eq!(began.elapsed(), Duration::from_millis(took), "{method} {times:?}");
        assert_eq!((counts.0.load(Ordering::SeqCst), answer.unwrap().status().as_u16()), (begun, code));
        tokio::time::advance(SECOND * 5).await;
        if code == 200 && times.len() == 2 && times.iter().all(|(_, code)| *code == 200) {
            assert_eq!(counts.1.load(Ordering::SeqCst), 1, "the other was cancelled");
        }
    }
    let (service, counts) = slow(&[(100, 200); 50]);
    let service = hedge().with_budget(RetryBudget::new(0, 2)).layer(service);
    for _ in 0..10 {
        service.clone().oneshot(request(Method::GET)).await.unwrap();
    }
    assert_eq!(counts.0.load(Ordering::SeqCst), 12, "a budget of two");
}

#[tokio::test(start_paused = true)]
async fn a_percentile_is_learned() {
    let mut times = vec![(20, 200); 60];
    times.push((10_000, 200));
    let (service, counts) = slow(&times);
    let service = HedgeLayer::at_percentile(95, SECOND * 3).layer(service);
    for _ in 0..60 {
        service.clone().oneshot(request(Method::GET)).await.unwrap();
    }
    assert_eq!(counts.0.load(Ordering::SeqCst), 60);
    let began = Instant::now();
    service.oneshot(request(Method::GET)).await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_millis(30), "asked again after 20 ms");
}
