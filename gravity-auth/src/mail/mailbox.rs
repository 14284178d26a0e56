//! [`DevMailbox`]: mail that goes nowhere, to be looked at.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use gravity_core::Error;
use gravity_core::http::{Html, PUBLIC, Routes, get};

use super::html::escape;
use crate::domain::EmailAddress;
use crate::ports::{Delivery, Message};

/// How many messages are kept.
const MOST: usize = 200;

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

    /// The page, at `/dev/mailbox`.
    pub fn routes(&self) -> Routes {
        let mailbox = self.clone();
        let show = move || {
            let page = mailbox.page();
            async move { Html::new(page) }
        };
        Routes::new().route(get("/dev/mailbox", "devMailbox").allow(PUBLIC).unlisted().to(show))
    }

    fn page(&self) -> String {
        let mut page = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
                        <title>Mailbox</title></head>\n<body><h1>Mailbox</h1>\n"
            .to_owned();
        for message in self.messages() {
            // Writing to a text does not fail.
            let _ = writeln!(
                page,
                "<article><h2>{}</h2><p>To {}</p><pre>{}</pre></article>",
                escape(&message.subject),
                escape(message.to.as_str()),
                escape(&message.text)
            );
        }
        page.push_str("</body></html>\n");
        page
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Message>> {
        // A push and a pop are whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
