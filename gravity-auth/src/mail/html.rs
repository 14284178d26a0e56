//! Texts as HTML.

use std::fmt::Write as _;

/// A text that stands in HTML as it is.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A page of paragraphs, with a link or a code between them.
pub(super) fn page(subject: &str, before: &[String], shown: &Shown, after: &[String]) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title></head>\n<body>\n",
        escape(subject)
    );
    for text in before {
        paragraph(&mut page, text);
    }
    // Writing to a text does not fail.
    let _ = match shown {
        Shown::Nothing => Ok(()),
        Shown::Link(link) => writeln!(page, "<p><a href=\"{0}\">{0}</a></p>", escape(link)),
        Shown::Code(code) => writeln!(page, "<p><strong>{}</strong></p>", escape(code)),
    };
    for text in after {
        paragraph(&mut page, text);
    }
    page.push_str("</body></html>\n");
    page
}

/// What its reader is to do something with.
pub(super) enum Shown {
    Nothing,
    Link(String),
    Code(String),
}

fn paragraph(page: &mut String, text: &str) {
    let _ = writeln!(page, "<p>{}</p>", escape(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_stays_text() {
        let page =
            page("<b>&", &["\"Zoë\" <script>'🦀'".into()], &Shown::Link("https://x/?a=1&b=\"".into()), &[]);
        assert!(page.contains("<title>&lt;b&gt;&amp;</title>"));
        assert!(page.contains("<p>&quot;Zoë&quot; &lt;script&gt;&#39;🦀&#39;</p>"));
        assert!(page.contains("href=\"https://x/?a=1&amp;b=&quot;\""));
    }
}
