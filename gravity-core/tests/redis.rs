//! The handle to Redis: values, scripts, time limits, and how it comes back after outages.
#![cfg(all(feature = "redis", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use gravity_core::redis::{Error, Redis, RedisConfig, Script, cmd};
use gravity_core::testing::redis::{RedisServer, TestRedis};
use gravity_core::{ErrorKind, Metrics};
use serde_json::{Value, json};

/// Asks until the answer is good.
async fn until_it_answers(redis: &Redis) {
    let answers = async {
        while redis.ping().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), answers).await.unwrap();
}

#[tokio::test]
async fn json_values_are_kept_for_their_time() {
    let Some(test) = TestRedis::create().await else { return };
    let redis = test.redis();
    assert_eq!(redis.get_json::<Value>("a").await.unwrap(), None);
    let value = json!({ "é": [1, null, "\u{1f600}"] });
    redis.set_json("a", &value, None).await.unwrap();
    assert_eq!(test.other_node().get_json::<Value>("a").await.unwrap(), Some(value));
    redis.set_json("a", &1, Some(Duration::from_secs(50))).await.unwrap();
    let left: i64 = redis.query(cmd("PTTL").arg(redis.key("a"))).await.unwrap();
    assert!((1..=50_000).contains(&left), "{left}");
    redis.set_json("text", "no number", None).await.unwrap();
    assert!(matches!(redis.get_json::<u8>("text").await, Err(Error::Json(_))));
    assert!(redis.delete("a").await.unwrap());
    assert!(!redis.delete("a").await.unwrap());
    assert!(redis.ping().await.unwrap() < Duration::from_secs(10));
    test.remove().await;
}

#[tokio::test]
async fn a_script_that_the_server_forgot_is_sent_again() {
    static ADD: Script = Script::new("return redis.call('INCRBY', KEYS[1], ARGV[1]) + ARGV[2]");
    let Some(test) = TestRedis::create().await else { return };
    let redis = test.redis();
    for expected in [13_i64, 16] {
        assert_eq!(redis.run::<i64>(&ADD, &[&redis.key("n")], (3, 10)).await.unwrap(), expected);
        redis.query::<()>(cmd("SCRIPT").arg("FLUSH")).await.unwrap();
    }
    let wrong = redis.run::<i64>(&ADD, &[&redis.key("n")], ("x", 1)).await.unwrap_err();
    assert!(matches!(wrong, Error::Refused(_)) && !wrong.is_outage(), "{wrong:?}");
    test.remove().await;
}

#[test]
fn passwords_are_never_shown() {
    let config = RedisConfig::new("redis://ada:hunter2@localhost:1/0");
    assert!(!format!("{config:?}").contains("hunter2"));
    assert!(!format!("{:?}", Redis::new(config).unwrap()).contains("hunter2"));
    for url in ["nonsense hunter2", "http://hunter2@x", "redis://a:hunter2@x/nodb", "redis://:hunter2@/", ""]
    {
        if let Err(error) = Redis::new(RedisConfig::new(url)) {
            assert!(!format!("{error:?} {error}").contains("hunter2"), "{url}: {error:?}");
        }
    }
    for prefix in ["", "a b", "é", "a*", &"x".repeat(65)] {
        let error = Redis::new(RedisConfig::new("redis://localhost").with_prefix(prefix)).unwrap_err();
        assert!(matches!(error, Error::Invalid { what: "prefix", .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_not_shown() {
    let Some(server) = RedisServer::start().await else { return };
    let redis = Redis::new(server.config()).unwrap();
    let rules = ["SETUSER", "ada", "on", ">hunter2", "~shop:*", "+@all"];
    redis.query::<()>(cmd("ACL").arg(&rules)).await.unwrap();
    let port = server.port();
    let open = |password: &str| {
        let url = format!("redis://ada:{password}@127.0.0.1:{port}");
        Redis::new(RedisConfig::new(url).with_prefix("shop")).unwrap()
    };
    open("hunter2").set_json("a", &1, None).await.unwrap();
    let error = open("wrong-one").ping().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
    assert!(!format!("{error:?}").contains("wrong-one"), "{error:?}");
    let outside = open("hunter2").query::<()>(cmd("GET").arg("bank:a")).await.unwrap_err();
    assert!(matches!(outside, Error::Refused(_)), "{outside:?}");
}

#[tokio::test]
async fn a_server_that_is_down_fails_at_once_and_the_first_command_after_a_restart_succeeds() {
    let Some(mut server) = RedisServer::start().await else { return };
    let metrics = Metrics::new();
    let redis = Redis::measured(server.config(), &metrics).unwrap();
    redis.set_json("kept", &7, None).await.unwrap();
    server.stop();
    let began = Instant::now();
    for _ in 0..50 {
        let error = redis.ping().await.unwrap_err();
        assert!(error.is_outage(), "{error:?}");
        assert_eq!(gravity_core::Error::from(error).kind(), ErrorKind::Unavailable);
    }
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(metrics.render().contains("redis_errors_total{kind=\"unreachable\"}"), "{}", metrics.render());
    server.restart().await;
    until_it_answers(&redis).await;
    assert_eq!(redis.get_json::<u8>("kept").await.unwrap(), Some(7));
    // Nobody was speaking while the server went away and came back.
    server.stop();
    server.restart().await;
    assert_eq!(redis.get_json::<u8>("kept").await.unwrap(), Some(7));
}

#[tokio::test]
async fn a_silent_server_does_not_hold_anybody_up() {
    let Some(test) = TestRedis::create().await else { return };
    let (redis, proxy) = test.through_proxy().await;
    redis.set_json("a", &1, None).await.unwrap();
    proxy.stall();
    let began = Instant::now();
    let calls = (0..200).map(|_| redis.ping());
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(Result::is_err));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    proxy.resume();
    until_it_answers(&redis).await;
    assert_eq!(redis.get_json::<u8>("a").await.unwrap(), Some(1));
    proxy.cut();
    until_it_answers(&redis).await;
    proxy.close();
    assert!(redis.ping().await.is_err());
    proxy.resume();
    until_it_answers(&redis).await;
    test.remove().await;
}
