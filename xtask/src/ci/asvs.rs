//! The tests that the page about the ASVS names: each is there, and no requirement goes without a word on its tests.

use std::collections::BTreeSet;
use std::path::Path;

/// The page.
pub(super) const PAGE: &str = "docs/asvs.md";
/// The last column of its tables: names of tests in backticks, or why there is none.
const COLUMN: &str = "Shown by";

/// What is wrong with the page, given the names of all tests.
pub(super) fn faults(page: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut numbers = BTreeSet::new();
    for (line, number, shown_by) in rows(page) {
        let at = format!("{PAGE}:{line} {number}");
        if !numbers.insert(number) {
            faults.push(format!("{at} is there twice"));
        }
        if shown_by.is_empty() {
            faults.push(format!("{at} names no test, and does not say that there is none"));
        }
        let lacking = named(shown_by).filter(|name| !tests.contains(*name));
        faults.extend(lacking.map(|name| format!("{at} names the test `{name}`, which is not there")));
    }
    if numbers.is_empty() {
        faults.push(format!("{PAGE} has no table with a column `{COLUMN}`"));
    }
    faults
}

/// The line, the first and the last cell of each row of the tables.
fn rows(page: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    let mut is_ours = false;
    page.lines().enumerate().filter_map(move |(index, line)| {
        let Some(row) = line.strip_prefix('|').and_then(|row| row.trim_end().strip_suffix('|')) else {
            is_ours = false;
            return None;
        };
        let (first, last) = (row.split('|').next()?.trim(), row.rsplit('|').next()?.trim());
        let is_head = last == COLUMN;
        is_ours |= is_head;
        (is_ours && !is_head && !first.starts_with('-')).then_some((index + 1, first, last))
    })
}

/// What stands in backticks.
fn named(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The functions of a source that are tests, or scenarios of a suite: in folders for these all, and in other files those
/// behind `#[cfg(test)]`.
pub(super) fn tests_in(file: &Path, text: &str) -> BTreeSet<String> {
    let is_for_tests = file.iter().any(|part| part == "tests" || part == "testing");
    let from = if is_for_tests { Some(0) } else { text.find("#[cfg(test)]") };
    let lines =
        text[from.unwrap_or(text.len())..].lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.filter_map(function).map(str::to_owned).collect()
}

/// The name of the function that a line begins.
fn function(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once("fn ")?;
    let is_start = before.split_whitespace().all(|word| word.starts_with("pub") || word == "async");
    let end = rest.find(['(', '<'])?;
    is_start.then(|| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "| Number | State | Shown by |\n|---|---|---|\n";

    fn known() -> BTreeSet<String> {
        ["a_good_test", "another"].map(str::to_owned).into()
    }

    #[test]
    fn a_good_table_has_no_faults() {
        let page = format!(
            "# Page with `nothing` to check\n| a | `b` |\n|---|---|\n| x | `no_test` |\n\n\
            {HEAD}| 6.1 | met | `a_good_test`, `another` |\n| 6.2 | `code` | no test: a page |\n\nThe `end`.\n"
        );
        assert_eq!(faults(&page, &known()), Vec::<String>::new());
    }

    #[test]
    fn what_is_wrong_with_a_table_is_told_by_line() {
        let page = format!(
            "{HEAD}| 6.1 | met | `a_good_test`, `gone` |\n| 6.2 | met | |\n| 6.1 | met | no test |\n"
        );
        let expected = [
            "docs/asvs.md:3 6.1 names the test `gone`, which is not there",
            "docs/asvs.md:4 6.2 names no test, and does not say that there is none",
            "docs/asvs.md:5 6.1 is there twice",
        ];
        assert_eq!(faults(&page, &known()), expected);
        assert_eq!(faults("| a | b |\n", &known()).len(), 1, "a page without tables shows nothing");
    }

    #[test]
    fn only_tests_count() {
        let found = |file: &str, text: &str| tests_in(Path::new(file), text).into_iter().collect::<Vec<_>>();
        let source = "pub fn real() {}\n// fn said() {}\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn a_test() {}\n\
            \x20   async fn of<S: Store>(store: &S) {}\n}\n";
        assert_eq!(found("core/src/a.rs", source), ["a_test", "of"]);
        assert_eq!(found("core/src/testing/a.rs", source), ["a_test", "of", "real"]);
        assert_eq!(found("core/tests/a.rs", source), ["a_test", "of", "real"]);
        assert!(found("core/src/a.rs", "fn real() {}").is_empty());
    }
}
