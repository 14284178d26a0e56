//! [`check`]: compares what was committed with what took effect.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use super::{Entry, Note};

/// Who makes effects of facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// Its name.
    pub name: String,
    /// The topic of the facts it consumes, every one of them once.
    pub topic: String,
    /// Whether its effects come in the order of the facts' numbers, by key.
    pub is_ordered: bool,
}

/// Something that was committed, as the database says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What no other fact has, nor one that was rolled back.
    pub id: String,
    /// Who consumes it.
    pub topic: String,
    /// What it is about.
    pub key: String,
    /// Its place among those of its topic and key.
    pub number: i64,
}

/// What a consumer has made of a fact, as the database says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Who made it.
    pub consumer: String,
    /// The fact's id.
    pub fact: String,
    /// The name of the attempt that made it, as it stands in the ledger.
    pub attempt: String,
}

/// What the database says in the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Books {
    /// Who makes effects.
    pub consumers: Vec<Consumer>,
    /// What was committed.
    pub facts: Vec<Fact>,
    /// What took effect, in the order in which it did.
    pub effects: Vec<Effect>,
}

/// What was found wrong, each case in words, and how much was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Facts without an effect, and commits that were acknowledged and are not there.
    pub lost: Vec<String>,
    /// Facts with more than one effect.
    pub duplicated: Vec<String>,
    /// Effects that came after the effect of a later fact of their key.
    pub out_of_order: Vec<String>,
    /// What did not end by its deadline.
    pub stuck: Vec<String>,
    /// Effects and attempts of what was never committed.
    pub ghosts: Vec<String>,
    /// Effects of one who had begun before another process did, and wrote after it.
    pub late: Vec<String>,
    /// What else should not be, such as a worker that ended by itself.
    pub odd: Vec<String>,
    /// How many facts were committed.
    pub facts: usize,
    /// How many effects they had.
    pub effects: usize,
    /// How many attempts there were.
    pub attempts: usize,
    /// How many attempts had no effect while one of another process had.
    pub refused: usize,
    /// How many attempts were [told](Note::Refused) that they came too late.
    pub fenced: usize,
}

impl Findings {
    /// Whether nothing was found wrong.
    pub fn is_clean(&self) -> bool {
        self.wrong().iter().all(|(_, cases)| cases.is_empty())
    }

    /// The kinds of what can be wrong, with the cases of each.
    pub fn wrong(&self) -> [(&'static str, &[String]); 7] {
        [
            ("lost", &self.lost),
            ("duplicated", &self.duplicated),
            ("out of order", &self.out_of_order),
            ("stuck", &self.stuck),
            ("ghosts", &self.ghosts),
            ("late writes", &self.late),
            ("odd", &self.odd),
        ]
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, cases) in self.wrong() {
            for case in cases.iter().take(8) {
                writeln!(f, "{kind}: {case}")?;
            }
            if cases.len() > 8 {
                writeln!(f, "{kind}: and {} more", cases.len() - 8)?;
            }
        }
        Ok(())
    }
}

/// Compares what was committed with what took effect, and both with the ledger.
///
/// Each fact has exactly one effect per consumer of its topic. Effects of an ordered consumer come in the order of
/// the numbers of a key. What a process was told to be committed is there. Nothing is handled that was not
/// committed. And where an ordered consumer's work on a key passes from one process to another, what the other begun before
/// does not take effect after: that would be the write of a process that had lost its lease. Where nothing was
/// committed there is nothing to compare, which is [odd](Findings::odd).
pub fn check(books: &Books, ledger: &[Entry]) -> Findings {
    let mut findings =
        Findings { facts: books.facts.len(), effects: books.effects.len(), ..Findings::default() };
    let facts: HashMap<&str, &Fact> = books.facts.iter().map(|fact| (fact.id.as_str(), fact)).collect();
    if books.facts.is_empty() {
        findings.odd.push("nothing was committed, so nothing was checked".to_owned());
    }
    if facts.len() < books.facts.len() {
        findings.odd.push(format!("{} facts have the id of another", books.facts.len() - facts.len()));
    }
    check_topics(books, &facts, &mut findings);
    count_effects(books, &facts, &mut findings);
    check_order(books, &facts, &mut findings);
    check_ledger(books, &facts, ledger, &mut findings);
    findings
}

fn told(consumer: &str, fact: &Fact) -> String {
    format!("{consumer}: {} {} number {} ({})", fact.topic, fact.key, fact.number, fact.id)
}

/// What nobody would miss or look at.
fn check_topics(books: &Books, facts: &HashMap<&str, &Fact>, findings: &mut Findings) {
    let consumed: HashSet<&str> = books.consumers.iter().map(|consumer| consumer.topic.as_str()).collect();
    for fact in books.facts.iter().filter(|fact| !consumed.contains(fact.topic.as_str())) {
        findings.odd.push(format!("nobody consumes {}, the topic of {}", fact.topic, fact.id));
    }
    let topics: HashMap<&str, &str> =
        books.consumers.iter().map(|consumer| (consumer.name.as_str(), consumer.topic.as_str())).collect();
    for Effect { consumer, fact, .. } in &books.effects {
        let Some(known) = facts.get(fact.as_str()) else { continue };
        if topics.get(consumer.as_str()) != Some(&known.topic.as_str()) {
            findings.ghosts.push(format!("{consumer} made an effect of {fact}, which is none of its own"));
        }
    }
}

fn count_effects(books: &Books, facts: &HashMap<&str, &Fact>, findings: &mut Findings) {
    let mut counts = HashMap::<(&str, &str), usize>::new();
    for effect in &books.effects {
        if facts.contains_key(effect.fact.as_str()) {
            *counts.entry((&effect.consumer, &effect.fact)).or_default() += 1;
        } else {
            let Effect { consumer, fact, .. } = effect;
            findings.ghosts.push(format!("{consumer} made an effect of {fact}, which was not committed"));
        }
    }
    for consumer in &books.consumers {
        for fact in books.facts.iter().filter(|fact| fact.topic == consumer.topic) {
            match counts.get(&(consumer.name.as_str(), fact.id.as_str())) {
                None => findings.lost.push(told(&consumer.name, fact)),
                Some(1) => {}
                Some(count) => {
                    findings.duplicated.push(format!("{}, {count} times", told(&consumer.name, fact)));
                }
            }
        }
    }
}

fn check_order(books: &Books, facts: &HashMap<&str, &Fact>, findings: &mut Findings) {
    for consumer in books.consumers.iter().filter(|consumer| consumer.is_ordered) {
        let mut last = BTreeMap::<(&str, &str), i64>::new();
        let mut seen = HashSet::new();
        for effect in books.effects.iter().filter(|effect| effect.consumer == consumer.name) {
            let Some(fact) = facts.get(effect.fact.as_str()) else { continue };
            // A duplicate is counted as that.
            if !seen.insert(&fact.id) {
                continue;
            }
            let last = last.entry((&fact.topic, &fact.key)).or_insert(i64::MIN);
            if fact.number < *last {
                findings.out_of_order.push(format!("{}, after {last}", told(&consumer.name, fact)));
            }
            *last = fact.number.max(*last);
        }
    }
}

/// An attempt, and its place in the ledger.
struct Begun<'a> {
    at: usize,
    process: &'a str,
    consumer: &'a str,
    fact: &'a str,
}

fn check_ledger(books: &Books, facts: &HashMap<&str, &Fact>, ledger: &[Entry], findings: &mut Findings) {
    let mut begun = HashMap::<&str, Begun<'_>>::new();
    let mut refused = HashSet::new();
    let mut tried = HashMap::<(&str, &str), Vec<&str>>::new();
    for (at, entry) in ledger.iter().enumerate() {
        let process = entry.process.as_str();
        match &entry.note {
            Note::Acknowledged { fact } if !facts.contains_key(fact.as_str()) => {
                findings.lost.push(format!("{fact}, whose commit {process} was told of, is not there"));
            }
            Note::Attempt { consumer, fact, attempt } => {
                findings.attempts += 1;
                if !facts.contains_key(fact.as_str()) {
                    findings.ghosts.push(format!("{consumer} was given {fact}, which was not committed"));
                }
                begun.insert(attempt, Begun { at, process, consumer, fact });
                tried.entry((consumer, fact)).or_default().push(process);
            }
            Note::Refused { attempt } => {
                findings.fenced += 1;
                refused.insert(attempt.as_str());
            }
            _ => {}
        }
    }
    let ordered: HashSet<&str> =
        books.consumers.iter().filter(|one| one.is_ordered).map(|one| one.name.as_str()).collect();
    let mut latest = HashMap::<(&str, &str, &str), (usize, &str)>::new();
    for Effect { consumer, fact, attempt } in &books.effects {
        let attempted =
            begun.get(attempt.as_str()).filter(|begun| begun.consumer == consumer && begun.fact == fact);
        let Some(&Begun { at, process, .. }) = attempted else {
            findings.odd.push(format!("{consumer} made an effect of {fact} without an attempt"));
            continue;
        };
        if refused.contains(attempt.as_str()) {
            findings.late.push(format!("{consumer}: {fact} by {process}, which was refused"));
        }
        let tried = tried.get(&(consumer.as_str(), fact.as_str())).into_iter().flatten();
        findings.refused += tried.filter(|other| **other != process).count();
        let Some(fact) = facts.get(fact.as_str()).filter(|_| ordered.contains(consumer.as_str())) else {
            continue;
        };
        let before = latest.entry((consumer, &fact.topic, &fact.key)).or_insert((at, process));
        if at < before.0 && process != before.1 {
            let (what, other) = (told(consumer, fact), before.1);
            findings.late.push(format!("{what}: {process} had begun before {other} did, and wrote after it"));
        }
        *before = (at, process);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn books(effects: &[(i64, &str)]) -> Books {
        let consumer = |is_ordered| Consumer { name: "c".into(), topic: "t".into(), is_ordered };
        let fact =
            |number: i64| Fact { id: format!("f{number}"), topic: "t".into(), key: "k".into(), number };
        let effect = |&(number, attempt): &(i64, &str)| Effect {
            consumer: "c".into(),
            fact: format!("f{number}"),
            attempt: attempt.into(),
        };
        Books {
            consumers: vec![consumer(true)],
            facts: (1..=3).map(fact).collect(),
            effects: effects.iter().map(effect).collect(),
        }
    }

    fn attempt(process: &str, number: i64, attempt: &str) -> Entry {
        let note =
            Note::Attempt { consumer: "c".into(), fact: format!("f{number}"), attempt: attempt.into() };
        Entry { at: 0, process: process.into(), note }
    }

    fn ledger() -> Vec<Entry> {
        vec![attempt("p", 1, "a"), attempt("p", 2, "b"), attempt("p", 3, "c"), attempt("p", 3, "d")]
    }

    fn wrong(findings: &Findings) -> Vec<&'static str> {
        let wrong = findings.wrong().into_iter();
        wrong.filter(|(_, cases)| !cases.is_empty()).map(|(kind, _)| kind).collect()
    }

    #[test]
    fn what_is_right_is_clean_even_when_tried_twice() {
        let findings = check(&books(&[(1, "a"), (2, "b"), (3, "d")]), &ledger());
        assert!(findings.is_clean(), "{findings}");
        assert_eq!((findings.facts, findings.effects, findings.attempts, findings.refused), (3, 3, 4, 0));
    }

    #[test]
    fn each_kind_of_fault_is_found() {
        let found = |effects: &[(i64, &str)]| {
            let findings = check(&books(effects), &ledger());
            wrong(&findings)
        };
        assert_eq!(found(&[(1, "a"), (3, "c")]), ["lost"]);
        assert_eq!(found(&[(1, "a"), (2, "b"), (1, "a"), (3, "c")]), ["duplicated"]);
        assert_eq!(found(&[(2, "b"), (1, "a"), (3, "c")]), ["out of order"]);
        assert_eq!(found(&[(1, "a"), (2, "x"), (3, "c")]), ["odd"]);
        assert_eq!(found(&[(1, "a"), (2, "b"), (3, "c"), (4, "e")]), ["ghosts", "odd"]);
        let mut unordered = books(&[(3, "c"), (2, "b"), (1, "a")]);
        unordered.consumers[0].is_ordered = false;
        assert!(check(&unordered, &ledger()).is_clean());
    }

    #[test]
    fn a_round_that_proves_nothing_is_not_clean() {
        assert_eq!(wrong(&check(&Books::default(), &[])), ["odd"]);
        let clean = [(1, "a"), (2, "b"), (3, "d")];
        let mut unheard = books(&clean);
        unheard.facts.push(Fact { id: "g1".into(), topic: "u".into(), key: "k".into(), number: 1 });
        assert_eq!(wrong(&check(&unheard, &ledger())), ["odd"]);
        let mut twins = books(&clean);
        twins.facts[1].id = "f1".into();
        assert!(wrong(&check(&twins, &ledger())).contains(&"odd"));
        let mut stranger = books(&clean);
        stranger.effects.push(Effect { consumer: "d".into(), fact: "f1".into(), attempt: "a".into() });
        assert!(wrong(&check(&stranger, &ledger())).contains(&"ghosts"));
        // An attempt at another fact is none at this one.
        assert_eq!(wrong(&check(&books(&[(1, "a"), (2, "c"), (3, "d")]), &ledger())), ["odd"]);
    }

    #[test]
    fn what_was_refused_is_not_there() {
        let refused = Note::Refused { attempt: "c".into() };
        let ledger = [ledger(), vec![Entry { at: 0, process: "p".into(), note: refused }]].concat();
        let findings = check(&books(&[(1, "a"), (2, "b"), (3, "d")]), &ledger);
        assert!(findings.is_clean() && findings.fenced == 1, "{findings}");
        let findings = check(&books(&[(1, "a"), (2, "b"), (3, "c")]), &ledger);
        assert_eq!(wrong(&findings), ["late writes"]);
    }

    #[test]
    fn an_acknowledged_commit_must_be_there_and_a_rolled_back_fact_unheard_of() {
        let clean = books(&[(1, "a"), (2, "b"), (3, "d")]);
        let mut ledger = ledger();
        let acknowledged =
            |fact: &str| Entry { at: 0, process: "p".into(), note: Note::Acknowledged { fact: fact.into() } };
        ledger.push(acknowledged("f1"));
        assert!(check(&clean, &ledger).is_clean());
        ledger.push(acknowledged("f9"));
        assert_eq!(wrong(&check(&clean, &ledger)), ["lost"]);
        ledger.pop();
        ledger.push(attempt("p", 9, "z"));
        assert_eq!(wrong(&check(&clean, &ledger)), ["ghosts"]);
    }

    #[test]
    fn the_write_of_one_who_was_overtaken_is_found() {
        // One begins the third, stands still while another does the second, and writes all the same.
        let ledger = [attempt("p", 1, "a"), attempt("p", 3, "c"), attempt("q", 2, "b")];
        let late = check(&books(&[(1, "a"), (2, "b"), (3, "c")]), &ledger);
        assert_eq!(wrong(&late), ["late writes"]);
        // Who stood still may go on in vain.
        let ledger = [attempt("p", 1, "a"), attempt("p", 2, "b"), attempt("q", 2, "d"), attempt("q", 3, "c")];
        let ledger = [&ledger[..], &[attempt("p", 3, "e")]].concat();
        let refused = check(&books(&[(1, "a"), (2, "d"), (3, "c")]), &ledger);
        assert!(refused.is_clean(), "{refused}");
        assert_eq!(refused.refused, 2);
    }
}
