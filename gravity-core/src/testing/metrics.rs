//! A strict reader of the text form of Prometheus, for tests of what a scrape holds.

use std::collections::{BTreeMap, BTreeSet};

/// Names and values.
type Labels = Vec<(String, String)>;

/// One sample: its name, its labels, its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The name.
    pub name: String,
    /// The labels, in the order in which they are written.
    pub labels: Labels,
    /// The value.
    pub value: f64,
}

/// A scrape that holds to every rule of the text form 0.0.4.
#[derive(Debug, Clone, Default)]
pub struct Exposition {
    /// The kind of each family.
    pub kinds: BTreeMap<String, String>,
    /// All samples, in their order.
    pub samples: Vec<Sample>,
}

impl Exposition {
    /// Reads a scrape.
    ///
    /// It demands more than Prometheus does: each family has one `HELP` and one `TYPE` before its samples,
    /// which stand together; escapes are the known ones; no sample comes twice; all of a family have the
    /// same labels (but the one that stands for too many); the buckets of a histogram have ascending bounds
    /// and counts, end in `+Inf`, and agree with its count.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut read = Self::default();
        let mut family: Option<(String, bool)> = None;
        let mut seen = BTreeSet::new();
        if !text.is_empty() && !text.ends_with('\n') {
            return Err("the last line does not end".into());
        }
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').ok_or_else(|| format!("no help: {line}"))?;
                unescape(help, false)?;
                if read.kinds.contains_key(name) {
                    return Err(format!("{name} comes twice"));
                }
                family = Some((name.to_owned(), false));
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').ok_or_else(|| format!("no type: {line}"))?;
                let typed = family.as_mut().filter(|(known, typed)| known == name && !typed);
                typed.ok_or_else(|| format!("TYPE without its HELP before it: {line}"))?.1 = true;
                if !["counter", "gauge", "histogram"].contains(&kind) {
                    return Err(format!("no kind: {line}"));
                }
                read.kinds.insert(name.to_owned(), kind.to_owned());
            } else {
                let sample = sample(line)?;
                let current = family.as_ref().filter(|(_, typed)| *typed).map(|(name, _)| name.as_str());
                let current = current.ok_or_else(|| format!("a sample without a family: {line}"))?;
                let is_histogram = read.kinds.get(current).is_some_and(|kind| kind == "histogram");
                let part = sample.name.strip_prefix(current).unwrap_or("!");
                let fits = if is_histogram {
                    ["_bucket", "_sum", "_count"].contains(&part)
                } else {
                    part.is_empty()
                };
                if !fits {
                    return Err(format!("a sample among those of {current}: {line}"));
                }
                let mut labels = sample.labels.clone();
                labels.sort();
                if !seen.insert((sample.name.clone(), labels)) {
                    return Err(format!("a sample comes twice: {line}"));
                }
                read.samples.push(sample);
            }
        }
        read.check()?;
        Ok(read)
    }

    /// The value of a sample, its labels in any order.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let found = self.samples.iter().find(|sample| {
            sample.name == name
                && sample.labels.len() == labels.len()
                && labels
                    .iter()
                    .all(|(name, value)| sample.labels.iter().any(|(known, is)| known == name && is == value))
        });
        found.map(|sample| sample.value)
    }

    fn check(&self) -> Result<(), String> {
        for (family, kind) in &self.kinds {
            let prefix = |sample: &&Sample| sample.name.starts_with(family.as_str());
            let of_family: Vec<_> = self.samples.iter().filter(prefix).collect();
            let mut shapes = BTreeSet::new();
            for sample in of_family.iter().filter(|sample| sample.name == *family) {
                let names: Vec<_> = sample.labels.iter().map(|(name, _)| name.as_str()).collect();
                if names != ["overflow"] {
                    shapes.insert(names);
                }
                if kind == "counter" && (sample.value < 0.0 || sample.value.is_nan()) {
                    return Err(format!("a counter below zero: {sample:?}"));
                }
            }
            if shapes.len() > 1 {
                return Err(format!("{family} has different labels: {shapes:?}"));
            }
            if kind == "histogram" {
                self.check_histogram(family)?;
            }
        }
        Ok(())
    }

    fn check_histogram(&self, family: &str) -> Result<(), String> {
        let mut series: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
        for sample in self.samples.iter().filter(|sample| sample.name == format!("{family}_bucket")) {
            let (mut labels, mut bound) = (Vec::new(), None);
            for (name, value) in &sample.labels {
                if name == "le" {
                    bound = Some(number(value)?);
                } else {
                    labels.push((name.clone(), value.clone()));
                }
            }
            let bound = bound.ok_or_else(|| format!("a bucket without a bound: {sample:?}"))?;
            series.entry(labels).or_default().push((bound, sample.value));
        }
        for (labels, buckets) in series {
            let ascends = buckets.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
            let last = buckets.last().copied().unwrap_or_default();
            let pairs: Vec<_> = labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let count = self.value(&format!("{family}_count"), &pairs);
            let sum = self.value(&format!("{family}_sum"), &pairs);
            if !ascends || last.0 != f64::INFINITY || Some(last.1) != count || sum.is_none() {
                return Err(format!("{family}{labels:?} does not add up: {buckets:?}, {count:?}, {sum:?}"));
            }
        }
        Ok(())
    }
}

fn sample(line: &str) -> Result<Sample, String> {
    let bad = |why: &str| format!("{why}: {line}");
    let end = line.find(['{', ' ']).ok_or_else(|| bad("no value"))?;
    let name = line[..end].to_owned();
    is_name(&name).then_some(()).ok_or_else(|| bad("no name"))?;
    let mut rest = &line[end..];
    let mut labels = Vec::new();
    if let Some(mut left) = rest.strip_prefix('{') {
        loop {
            let (name, value) = left.split_once("=\"").ok_or_else(|| bad("no label"))?;
            is_name(name).then_some(()).ok_or_else(|| bad("no name of a label"))?;
            let end = end_of_text(value).ok_or_else(|| bad("a label without end"))?;
            labels.push((name.to_owned(), unescape(&value[..end], true)?));
            left = &value[end + 1..];
            match left.strip_prefix(',') {
                Some(more) => left = more,
                None => break,
            }
        }
        rest = left.strip_prefix('}').ok_or_else(|| bad("no closing brace"))?;
    }
    let value = rest.strip_prefix(' ').ok_or_else(|| bad("no space"))?;
    Ok(Sample { name, labels, value: number(value)? })
}

fn end_of_text(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, character)| {
        let ends = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        ends.then_some(at)
    })
}

fn unescape(text: &str, quotes: bool) -> Result<String, String> {
    let (mut out, mut characters) = (String::new(), text.chars());
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        out.push(match characters.next() {
            Some('\\') => '\\',
            Some('n') => '\n',
            Some('"') if quotes => '"',
            other => return Err(format!("an unknown escape {other:?} in {text}")),
        });
    }
    Ok(out)
}

fn number(text: &str) -> Result<f64, String> {
    match text {
        "+Inf" => Ok(f64::INFINITY),
        "-Inf" => Ok(f64::NEG_INFINITY),
        "NaN" => Ok(f64::NAN),
        _ if text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.e".contains(&byte)) => {
            text.parse().map_err(|_| format!("no number: {text}"))
        }
        _ => Err(format!("no number: {text}")),
    }
}

fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':';
    !text.is_empty() && text.bytes().all(fits) && !text.starts_with(|first: char| first.is_ascii_digit())
}
