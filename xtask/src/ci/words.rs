//! Words that mark unfinished work, read from `xtask/forbidden-words.txt`.

use std::path::Path;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// The words of the list.
pub(super) fn load(workspace: &Workspace) -> Result<Vec<String>> {
    let text =
        std::fs::read_to_string(workspace.path("xtask/forbidden-words.txt")).context("no list of words")?;
    Ok(parse(&text))
}

fn parse(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

/// The words that a source, a document or a script holds, each with its line.
pub(super) fn find<'a>(words: &'a [String], file: &Path, text: &str) -> Vec<(usize, &'a str)> {
    const READ: [&str; 5] = ["rs", "md", "toml", "sql", "yml"];
    if !file.extension().is_some_and(|extension| READ.iter().any(|read| extension == *read)) {
        return Vec::new();
    }
    let lines = text.lines().enumerate();
    lines
        .flat_map(|(index, line)| {
            words.iter().filter(|word| says(line, word)).map(move |word| (index + 1, word.as_str()))
        })
        .collect()
}

fn says(line: &str, word: &str) -> bool {
    let line = if word.chars().any(char::is_uppercase) { line.to_owned() } else { line.to_lowercase() };
    let outside = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    line.match_indices(word).any(|(start, _)| {
        outside(line[..start].chars().next_back()) && outside(line[start + word.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_and_capitals_count() {
        let words = parse("# comment\n\nAFTERWARDS\nlater on\n");
        assert_eq!(words, ["AFTERWARDS", "later on"]);
        let found = |line: &str| find(&words, Path::new("a.rs"), line).len();
        assert_eq!(found("// AFTERWARDS: mend"), 1);
        assert_eq!(found("let afterwards = 1; MY_AFTERWARDS AFTERWARDSX"), 0);
        assert_eq!(found("Later on, and later only"), 1);
        assert_eq!(find(&words, Path::new("a.png"), "later on").len(), 0);
        assert_eq!(find(&words, Path::new("a.md"), "x\nlater on"), [(2, "later on")]);
    }
}
