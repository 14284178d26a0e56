use super::Bench;
use crate::limits::Quota;

pub(super) async fn keys_do_not_touch_each_other(bench: &impl Bench) {
    let long = "k".repeat(10_000);
    let keys = [
        String::new(),
        " ".to_owned(),
        "key".to_owned(),
        "Key".to_owned(),
        "key:1".to_owned(),
        "key:11".to_owned(),
        "{key}".to_owned(),
        "key*?[a-z]".to_owned(),
        "a\0b".to_owned(),
        "a\0c".to_owned(),
        "line\r\nbreak".to_owned(),
        "\u{e9}t\u{e9}".to_owned(),
        "e\u{301}te\u{301}".to_owned(),
        "\u{1f98a}".repeat(70),
        format!("{}1", "\u{1f98a}".repeat(70)),
        long.clone(),
        format!("{long}1"),
        format!("{long}2"),
    ];
    let [limiter, other] = bench.limiters(Quota::per_hour(1).into()).await;
    for key in &keys {
        let decision = limiter.check(key, 1).await;
        assert!(decision.allowed, "{key:.20?} was touched by another");
    }
    for key in &keys {
        assert!(!other.check(key, 1).await.allowed, "{key:.20?} is another on the other node");
    }
}
