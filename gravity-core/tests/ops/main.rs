//! The dashboard and the alerts speak of metrics and labels that exist.
#![cfg(any(feature = "sqlite", feature = "postgres"))]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking, and says where")]

mod promql;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use gravity_core::metrics::{Kind, catalogue};
use promql::{Mentions, Selector, read};
use serde_json::Value;

fn ops(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../ops").join(file)
}

/// The labels of every sample that a scrape, or a rule, can have.
fn known(rules: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut known = BTreeMap::new();
    for family in catalogue() {
        let labels = family.labels.iter().copied().chain(["job", "instance"]).map(str::to_owned);
        let labels: BTreeSet<String> = labels.collect();
        for sample in family.samples() {
            let mut labels = labels.clone();
            if family.kind == Kind::Histogram && sample.ends_with("_bucket") {
                labels.insert("le".to_owned());
            }
            known.insert(sample, labels);
        }
    }
    // What Prometheus itself adds.
    known.insert("up".to_owned(), ["job", "instance"].map(str::to_owned).into());
    for rule in rules.lines().filter_map(|line| line.trim().strip_prefix("- record: ")) {
        let labels = ["job", "method", "endpoint"].map(str::to_owned);
        known.insert(rule.to_owned(), labels.into());
    }
    known
}

/// The expressions of a file of rules: what stands behind `expr: |`, deeper than it.
fn expressions(rules: &str) -> Vec<String> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<&str> = rules.lines().collect();
    let begins = lines.iter().enumerate().filter(|(_, line)| line.trim_start().starts_with("expr:"));
    begins
        .map(|(at, line)| {
            assert!(line.ends_with("expr: |"), "an expression stands in a block: {line}");
            let block = lines[at + 1..].iter().take_while(|next| indent(next) > indent(line));
            block.copied().collect::<Vec<_>>().join(" ")
        })
        .collect()
}

fn panels(dashboard: &Value) -> Vec<String> {
    let targets =
        dashboard["panels"].as_array().unwrap().iter().filter_map(|panel| panel["targets"].as_array());
    targets.flatten().map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

fn faults(expression: &str, known: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let Mentions { selectors, grouped } = match read(expression) {
        Ok(mentions) => mentions,
        Err(fault) => return vec![format!("{fault}: {expression}")],
    };
    let mut faults = Vec::new();
    let mut all = BTreeSet::new();
    for Selector { metric, labels } in selectors {
        let Some(has) = known.get(&metric) else {
            faults.push(format!("there is no metric {metric}: {expression}"));
            continue;
        };
        faults.extend(
            labels
                .iter()
                .filter(|label| !has.contains(*label))
                .map(|label| format!("{metric} has no label {label}: {expression}")),
        );
        all.extend(has);
    }
    faults.extend(
        grouped
            .iter()
            .filter(|label| !all.contains(label))
            .map(|label| format!("no metric of it has a label {label}: {expression}")),
    );
    faults
}

#[test]
fn what_is_shown_and_watched_exists() {
    let rules = std::fs::read_to_string(ops("prometheus/alerts.yml")).unwrap();
    let dashboard: Value =
        serde_json::from_str(&std::fs::read_to_string(ops("grafana/gravity.json")).unwrap()).unwrap();
    let known = known(&rules);
    let (shown, watched) = (panels(&dashboard), expressions(&rules));
    assert!(shown.len() >= 30 && watched.len() >= 20, "{} {}", shown.len(), watched.len());
    let faults: Vec<_> = shown.iter().chain(&watched).flat_map(|text| faults(text, &known)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // The other way round: a metric that nobody sees need not be counted.
    let text = format!("{rules}{dashboard}");
    let unseen: Vec<_> = catalogue().into_iter().filter(|family| !text.contains(family.name)).collect();
    let unseen: Vec<_> = unseen.iter().map(|family| family.name).collect();
    assert_eq!(unseen, ["process_virtual_memory_bytes", "trace_spans_exported_total"]);
}

/// The names of the families that the sources of this crate declare, tests aside.
fn declared(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            declared(&path, names);
            continue;
        }
        if path.extension().is_none_or(|end| end != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        let code: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for rest in code.join(" ").split("Family::").skip(1) {
            let kinds = ["counter(", "gauge(", "histogram("];
            let Some(call) = kinds.iter().find_map(|kind| rest.strip_prefix(kind)) else { continue };
            let name = call.trim_start().strip_prefix('"').and_then(|name| name.split('"').next());
            names.insert(name.unwrap_or_else(|| panic!("{}: a name apart", path.display())).to_owned());
        }
    }
}

#[test]
fn the_catalogue_has_every_family_that_is_declared() {
    let mut names = BTreeSet::new();
    declared(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src"), &mut names);
    let listed: BTreeSet<String> = catalogue().into_iter().map(|family| family.name.to_owned()).collect();
    // What a feature brings is declared also where that is off.
    let missing: Vec<_> = names.difference(&listed).collect();
    assert!(missing.is_empty() || !cfg!(all(feature = "redis", feature = "client")), "{missing:?}");
    let unknown: Vec<_> = listed.difference(&names).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn panels_are_told_apart() {
    let dashboard: Value =
        serde_json::from_str(&std::fs::read_to_string(ops("grafana/gravity.json")).unwrap()).unwrap();
    let ids: Vec<_> = dashboard["panels"].as_array().unwrap().iter().map(|panel| &panel["id"]).collect();
    let distinct: BTreeSet<String> = ids.iter().map(std::string::ToString::to_string).collect();
    assert_eq!(ids.len(), distinct.len());
}

#[test]
fn the_check_finds_what_is_wrong() {
    let known = known("");
    let right = "sum by (job, method) (rate(http_requests_total{status=~\"5..\", job=\"a{b}\"}[5m])) / 0.5e3";
    assert_eq!(faults(right, &known), Vec::<String>::new());
    for wrong in [
        "http_request_total",
        "rate(http_requests_total{path=\"/\"}[5m])",
        "sum by (path) (http_requests_total)",
        "http_request_duration_seconds",
        "sum(http_request_duration_seconds_sum{le=\"1\"})",
        "ratte(http_requests_total[5m])",
        "sum by (job (http_requests_total)",
        "up{job=\"}",
    ] {
        assert!(!faults(wrong, &known).is_empty(), "{wrong}");
    }
}

#[test]
fn promtool_agrees_where_there_is_one() {
    let Ok(output) =
        Command::new("promtool").args(["check", "rules"]).arg(ops("prometheus/alerts.yml")).output()
    else {
        eprintln!("NOT CHECKED by promtool: it is not installed");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
