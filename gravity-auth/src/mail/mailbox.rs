//! [`DevMailbox`]: mail that goes nowhere, to be looked at.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use gravity_core::Error;
use gravity_core::http::{Json, PUBLIC, Routes, STYLE, StaticFile, get};
use schemars::JsonSchema;
use serde::Serialize;

use super::html::escape;
use crate::domain::EmailAddress;
use crate::ports::{Delivery, Message};

/// How many messages are kept.
const MOST: usize = 200;

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Mailbox</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/dev/mailbox/page.css">
</head>
<body>
<header><h1>Mailbox</h1><p>For development: this mail went nowhere else. <a href="/dev/mailbox">Look again</a></p></header>
<main>
"#;

/// A mailbox for development and tests: what is sent stays in memory, the newest 200 messages, and is shown by a page.
///
/// Whoever sees the page can sign in as anybody: mount its routes on a machine of your own, and nowhere else.
#[derive(Clone, Default)]
pub struct DevMailbox(Arc<Mutex<VecDeque<Message>>>);

impl DevMailbox {
    /// All messages, the newest first.
    pub fn messages(&self) -> Vec<Message> {
        self.kept().iter().rev().cloned().collect()
    }

    /// The newest message to somebody.
    pub fn latest(&self, to: &EmailAddress) -> Option<Message> {
        self.kept().iter().rev().find(|message| message.to.key() == to.key()).cloned()
    }

    /// The page, at `/dev/mailbox`, and the same for programs, at `/dev/mailbox/messages`.
    pub fn routes(&self) -> Routes {
        let style = StaticFile::new("text/css; charset=utf-8", [STYLE, include_str!("mailbox.css")].concat());
        let (page, messages) = (self.clone(), self.clone());
        let show = move || ready(StaticFile::new("text/html; charset=utf-8", page.page()));
        let list = move || ready(Json(messages.messages().iter().map(Shown::of).collect::<Vec<_>>()));
        Routes::new()
            .route(get("/dev/mailbox", "devMailbox").allow(PUBLIC).unlisted().to(show))
            .route(get("/dev/mailbox/messages", "devMailboxMessages").allow(PUBLIC).unlisted().to(list))
            .route(
                get("/dev/mailbox/page.css", "devMailboxStyle")
                    .allow(PUBLIC)
                    .unlisted()
                    .to(move || ready(style.clone())),
            )
    }

    fn page(&self) -> String {
        let messages = self.messages();
        let mut page = PAGE.to_owned();
        if messages.is_empty() {
            page.push_str("<p>No mail has been sent yet.</p>\n");
        }
        for message in messages {
            let (subject, to) = (escape(&message.subject), escape(message.to.as_str()));
            // Writing to a text does not fail.
            let _ = writeln!(page, "<article>\n<h2>{subject}</h2>\n<p class=\"to\">To {to}</p>");
            for text in message.text.split("\n\n").map(|text| escape(text.trim())) {
                let _ = if is_link(&text) {
                    writeln!(page, "<p><a href=\"{text}\">{text}</a></p>")
                } else {
                    writeln!(page, "<p>{text}</p>")
                };
            }
            page.push_str("</article>\n");
        }
        page.push_str("</main>\n</body>\n</html>\n");
        page
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Message>> {
        // A push and a pop are whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message, for programs.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DevMessage")]
struct Shown {
    kind: &'static str,
    to: String,
    subject: String,
    text: String,
}

impl Shown {
    fn of(message: &Message) -> Self {
        let Message { kind, to, subject, text, .. } = message.clone();
        Self { kind, to: to.to_string(), subject, text }
    }
}

fn is_link(text: &str) -> bool {
    (text.starts_with("http://") || text.starts_with("https://")) && !text.contains(char::is_whitespace)
}

#[async_trait]
impl Delivery for DevMailbox {
    async fn send(&self, message: &Message) -> Result<(), Error> {
        let mut kept = self.kept();
        if kept.iter().any(|other| other.id == message.id) {
            return Ok(());
        }
        kept.push_back(message.clone());
        if kept.len() > MOST {
            kept.pop_front();
        }
        Ok(())
    }
}

impl fmt::Debug for DevMailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevMailbox").field("messages", &self.kept().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn links_can_be_followed_and_all_else_is_text() {
        let mailbox = DevMailbox::default();
        assert!(mailbox.page().contains("No mail has been sent yet."));
        let text = "Read <this>:\n\nhttps://x.example/?a=1&b=2#token=t\n\njavascript:alert(1)\n";
        let message = Message {
            id: "1".into(),
            kind: "test",
            to: "ada@example.com".parse().unwrap(),
            subject: "<b>".into(),
            text: text.into(),
            html: String::new(),
        };
        mailbox.send(&message).await.unwrap();
        mailbox.send(&message).await.unwrap();
        let page = mailbox.page();
        assert_eq!(page.matches("<article>").count(), 1);
        assert!(page.contains("<h2>&lt;b&gt;</h2>") && page.contains("<p>Read &lt;this&gt;:</p>"), "{page}");
        let link = "https://x.example/?a=1&amp;b=2#token=t";
        assert!(page.contains(&format!("<a href=\"{link}\">{link}</a>")), "{page}");
        assert!(page.contains("<p>javascript:alert(1)</p>"), "{page}");
    }
}
