//! What a Markdown file offers to links, and what it links to.

use std::collections::BTreeSet;

/// A file of Markdown.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// What can stand behind `#`: its headings, as hosts of code and mdBook name them, and ids of HTML.
    pub(super) anchors: BTreeSet<String>,
    pub(super) links: Vec<Link>,
}

/// A link, as it is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) line: usize,
    pub(super) to: String,
}

impl Document {
    pub(super) fn read(text: &str) -> Self {
        let prose = without_blocks(text);
        let mut this = Self { anchors: headings(&prose), links: Vec::new() };
        let prose = without_spans(&prose);
        for (at, to) in inline(&prose).into_iter().chain(definitions(&prose)).chain(attributes(&prose)) {
            let line = prose[..at].matches('\n').count() + 1;
            this.links.push(Link { line, to: to.to_owned() });
        }
        this.links.sort_by_key(|link| link.line);
        this.anchors
            .extend(["id", "name"].iter().flat_map(|name| values(&prose, name)).map(|(_, id)| id.to_owned()));
        this
    }
}

/// The text with empty lines in place of fenced code.
fn without_blocks(text: &str) -> String {
    let mut fence: Option<&str> = None;
    let mut prose = String::with_capacity(text.len());
    for line in text.lines() {
        let start = line.trim_start();
        let marks = &start[..start.len() - start.trim_start_matches(['`', '~']).len()];
        match fence {
            Some(open) if marks.starts_with(open) && start == marks => fence = None,
            Some(_) => {}
            None if marks.len() >= 3 => fence = Some(marks),
            None => prose.push_str(line),
        }
        prose.push('\n');
    }
    prose
}

/// The text with spaces in place of code inside of lines.
fn without_spans(text: &str) -> String {
    let mut prose = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        let ticks = rest[at..].len() - rest[at..].trim_start_matches('`').len();
        let (before, from) = rest.split_at(at);
        let inside = &from[ticks..];
        prose.push_str(before);
        // Code ends with its paragraph at the latest; ticks without a second half are ticks.
        let paragraph = inside.find("\n\n").unwrap_or(inside.len());
        let ending = runs(&inside[..paragraph]).find(|&(_, length)| length == ticks);
        let length = ticks + ending.map_or(0, |(at, length)| at + length);
        prose.extend(from[..length].chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }));
        rest = &from[length..];
    }
    prose + rest
}

/// Where ticks stand, and how many in a row.
fn runs(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find('`')?;
        let length = text[start..].len() - text[start..].trim_start_matches('`').len();
        at = start + length;
        Some((start, length))
    })
}

/// The anchors of all headings. One that comes again has a number behind it.
fn headings(prose: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for line in prose.lines() {
        let title = line.trim_start_matches('#');
        let depth = line.len() - title.len();
        if !(1..=6).contains(&depth) || !title.starts_with(' ') {
            continue;
        }
        let anchor = anchor(title.trim().trim_end_matches('#').trim_end());
        let again = (1..).map(|number| format!("{anchor}-{number}"));
        let free = std::iter::once(anchor.clone()).chain(again).find(|name| !anchors.contains(name));
        anchors.extend(free);
    }
    anchors
}

fn anchor(title: &str) -> String {
    let mut text = String::new();
    let mut rest = title;
    // Of a link, what it says.
    while let Some(at) = rest.find("](") {
        text.push_str(&rest[..at]);
        rest = rest[at..].find(')').map_or("", |end| &rest[at + end + 1..]);
    }
    text.push_str(rest);
    let kept = text.chars().filter(|letter| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter));
    kept.flat_map(char::to_lowercase).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

/// `[text](to)` and `![text](to "title")`.
fn inline(prose: &str) -> Vec<(usize, &str)> {
    let starts = prose.match_indices("](").map(|(at, mark)| at + mark.len());
    starts.map(|at| (at, destination(&prose[at..]))).collect()
}

fn destination(text: &str) -> &str {
    let text = text.trim_start();
    if let Some(inside) = text.strip_prefix('<') {
        return inside.split('>').next().unwrap_or_default();
    }
    let mut open = 0_usize;
    let end = text.find(|letter: char| {
        match letter {
            '(' => open += 1,
            ')' if open == 0 => return true,
            ')' => open -= 1,
            _ => {}
        }
        letter.is_whitespace()
    });
    &text[..end.unwrap_or(text.len())]
}

/// `[name]: to` on a line of its own. `[^1]: ...` is a footnote.
fn definitions(prose: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in prose.split_inclusive('\n') {
        let label = line.trim_start().strip_prefix('[').filter(|label| !label.starts_with('^'));
        if let Some((_, to)) = label.and_then(|label| label.split_once("]:")) {
            found.push((at, to.split_whitespace().next().unwrap_or_default().trim_matches(['<', '>'])));
        }
        at += line.len();
    }
    found
}

/// What tags of HTML link to.
fn attributes(prose: &str) -> Vec<(usize, &str)> {
    ["href", "src"].iter().flat_map(|name| values(prose, name)).collect()
}

fn values<'a>(prose: &'a str, name: &str) -> Vec<(usize, &'a str)> {
    let mark = format!(" {name}=\"");
    let starts = prose.match_indices(&mark).map(|(at, mark)| at + mark.len());
    starts.map(|at| (at, prose[at..].split('"').next().unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<(usize, String)> {
        Document::read(text).links.into_iter().map(|link| (link.line, link.to)).collect()
    }

    #[test]
    fn links_of_every_kind_are_found() {
        let text = "[a](a.md) and ![b](b.svg \"a title\"),\n[over two\nlines](<with space.md>)\n\n\
            [ref]: c.md#d\n<img alt=\"\" src=\"e.png\">\n[(x)](f_(g).md)\n[^1]: no link";
        let expected =
            [(1, "a.md"), (1, "b.svg"), (3, "with space.md"), (5, "c.md#d"), (6, "e.png"), (7, "f_(g).md")];
        assert_eq!(links(text), expected.map(|(line, to)| (line, to.to_owned())));
    }

    #[test]
    fn code_holds_no_links() {
        assert_eq!(
            links("```md\n[a](a.md)\n```\n~~~~\n```\n[a](a.md)\n~~~~\n`[a](a.md)` ``b` [a](a.md)``"),
            []
        );
        assert_eq!(links("a ` tick\n\n[a](a.md) `"), [(3, "a.md".to_owned())]);
        assert_eq!(links("`code\nover lines` [a](a.md)"), [(2, "a.md".to_owned())]);
    }

    #[test]
    fn headings_are_anchors() {
        let text = "# The `Way` of a [link](x.md), _so_!\n## Twice\n## Twice ##\n####### seven\n#none\n\
            ```sh\n# no heading\n```\n<a id=\"own\"></a>";
        let anchors: Vec<String> = Document::read(text).anchors.into_iter().collect();
        assert_eq!(anchors, ["own", "the-way-of-a-link-_so_", "twice", "twice-1"]);
    }
}
