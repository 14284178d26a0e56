//! The pages of this server: the first one, and those that links in mails lead to.

use gravity_core::http::{PUBLIC, Routes, STYLE, StaticFile, get};

use crate::settings::Settings;

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Where mail is to be read, as the end of a sentence.
const MAILBOX: &str = ": it is in <a href=\"/dev/mailbox\">the mailbox</a>";

/// Path, operation id, media type and content of what is the same in every installation.
const FILES: [(&str, &str, &str, &str); 7] = [
    ("/pages/home.js", "homeScript", SCRIPT, include_str!("assets/home.js")),
    ("/pages/link.js", "linkScript", SCRIPT, include_str!("assets/link.js")),
    ("/verify-email", "verifyEmailPage", HTML, include_str!("assets/verify-email.html")),
    ("/reset-password", "resetPasswordPage", HTML, include_str!("assets/reset-password.html")),
    ("/sign-in", "signInPage", HTML, include_str!("assets/sign-in.html")),
    ("/change-email", "changeEmailPage", HTML, include_str!("assets/change-email.html")),
    ("/pages/page.css", "pageStyle", "text/css; charset=utf-8", ""),
];

/// The pages.
pub(crate) fn routes(settings: &Settings) -> Routes {
    let (card, place) =
        if settings.has_mailbox() { (include_str!("assets/mailbox.html"), MAILBOX) } else { ("", "") };
    let home = include_str!("assets/home.html")
        .replace("<!-- mailbox -->", card)
        .replace("<!-- where -->", place)
        .replace("{version}", env!("CARGO_PKG_VERSION"));
    let home = StaticFile::new(HTML, home);
    let files = FILES.into_iter().map(|(path, id, media, content)| match path {
        "/pages/page.css" => {
            (path, id, StaticFile::new(media, [STYLE, include_str!("assets/page.css")].concat()))
        }
        _ => (path, id, StaticFile::new(media, content)),
    });
    files.chain([("/", "home", home)]).fold(Routes::new(), |routes, (path, id, file)| {
        routes.route(get(path, id).allow(PUBLIC).unlisted().to(move || std::future::ready(file.clone())))
    })
}
