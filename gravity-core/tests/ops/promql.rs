//! Finds the metrics and labels that a `PromQL` expression speaks of.

/// A metric that an expression names, and the labels that it picks by.
#[derive(Debug, PartialEq)]
pub(crate) struct Selector {
    pub(crate) metric: String,
    pub(crate) labels: Vec<String>,
}

/// What an expression speaks of.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Mentions {
    pub(crate) selectors: Vec<Selector>,
    /// The labels that it groups or joins by.
    pub(crate) grouped: Vec<String>,
}

const FUNCTIONS: [&str; 15] = [
    "sum",
    "max",
    "min",
    "avg",
    "count",
    "rate",
    "increase",
    "irate",
    "changes",
    "histogram_quantile",
    "topk",
    "label_values",
    "clamp_min",
    "absent",
    "time",
];
const OPERATORS: [&str; 4] = ["and", "or", "unless", "bool"];
const GROUPS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// Reads an expression, or says what about it is not known.
pub(crate) fn read(expression: &str) -> Result<Mentions, String> {
    let tokens = tokens(expression)?;
    let mut mentions = Mentions::default();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        let is_name = token.starts_with(|first: char| first.is_ascii_alphabetic() || "_:".contains(first));
        let next = tokens.get(at).map(String::as_str);
        if !is_name || OPERATORS.contains(&token.as_str()) {
            continue;
        }
        if GROUPS.contains(&token.as_str()) {
            let end = tokens[at..].iter().position(|token| token == ")").ok_or("a group without end")?;
            mentions.grouped.extend(tokens[at + 1..at + end].iter().filter(|token| *token != ",").cloned());
            at += end + 1;
        } else if FUNCTIONS.contains(&token.as_str()) {
            if next != Some("(") && !next.is_some_and(|next| GROUPS.contains(&next)) {
                return Err(format!("`{token}` is no metric"));
            }
        } else if next == Some("(") {
            return Err(format!("`{token}` is a function that this check does not know"));
        } else {
            let mut labels = Vec::new();
            if next == Some("{") {
                let end = tokens[at..].iter().position(|token| token == "}").ok_or("braces without end")?;
                let inside = &tokens[at + 1..at + end];
                labels.extend(inside.split(|token| token == ",").filter_map(|pair| pair.first()).cloned());
                at += end + 1;
            }
            mentions.selectors.push(Selector { metric: token.clone(), labels });
        }
    }
    Ok(mentions)
}

/// Names, braces, parentheses and commas; numbers, operators and texts as `0`.
fn tokens(expression: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => {
                let end = rest[1..].find('"').ok_or("a text without end")?;
                tokens.push("0".to_owned());
                end + 2
            }
            '[' => rest.find(']').ok_or("a range without end")? + 1,
            'a'..='z' | 'A'..='Z' | '_' | ':' | '0'..='9' | '$' => {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_:.$".contains(c)));
                let end = end.unwrap_or(rest.len());
                let is_number = first.is_ascii_digit() || first == '$';
                tokens.push(if is_number { "0".to_owned() } else { rest[..end].to_owned() });
                end
            }
            '(' | ')' | '{' | '}' | ',' => {
                tokens.push(first.to_string());
                1
            }
            _ if first.is_whitespace() => first.len_utf8(),
            _ => {
                tokens.push("0".to_owned());
                first.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    Ok(tokens)
}
