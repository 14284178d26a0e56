//! The rig finds out every way of cheating, and nothing where nobody cheats.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

/// Plays rounds without faults on SQLite, and hands back whether they were clean and what was said.
fn play(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_faults"))
        .args(["--backend", "sqlite", "--seed", "1", "--lanes", "1"])
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert_ne!(output.status.code(), Some(2), "{said}");
    (output.status.success(), said.into_owned())
}

fn count(said: &str, kind: &str) -> u64 {
    let line = said.lines().rev().find(|line| line.trim_start().starts_with(kind));
    line.and_then(|line| line.split_whitespace().last()).and_then(|word| word.parse().ok()).unwrap()
}

#[test]
fn honest_workers_are_found_clean() {
    let (is_clean, said) = play(&["--least-faults", "0", "--most-faults", "0"]);
    assert!(is_clean, "{said}");
    assert!(count(&said, "facts committed") > 20 && count(&said, "effects") > 60, "{said}");
}

#[test]
fn every_way_of_cheating_is_found_out() {
    for (sabotage, kind) in [
        ("skip", "lost"),
        ("double", "duplicated"),
        ("swap", "out of order"),
        ("stick", "stuck"),
        ("forget", "lost"),
        ("ghost", "ghosts"),
        // Two who both think they hold the lock do the same work.
        ("unfenced", "duplicated"),
    ] {
        let (is_clean, said) = play(&["--most-faults", "0", "--least-faults", "0", "--sabotage", sabotage]);
        assert!(!is_clean && count(&said, kind) > 0, "{sabotage}: {said}");
        assert!(said.contains("FAILED cargo xtask faults --backend sqlite --seed 1"), "{said}");
    }
}

#[test]
fn effects_beside_the_transaction_do_not_survive_faults() {
    let (is_clean, said) =
        play(&["--rounds", "6", "--least-faults", "4", "--most-faults", "6", "--sabotage", "beside"]);
    let found: u64 =
        ["lost", "duplicated", "out of order", "late writes"].map(|kind| count(&said, kind)).iter().sum();
    assert!(!is_clean && found > 0, "{said}");
}
