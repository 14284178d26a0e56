//! What a device is called, by what its browser says it is.

/// How much of a user agent is looked at, in bytes.
const LOOKED_AT: usize = 512;

/// How long the name of a program is at most.
const LONGEST: usize = 32;

/// Browsers by a word of theirs. Most claim to be others too, so that the order counts.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edge/", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("Ddg/", "DuckDuckGo"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Trident/", "Internet Explorer"),
    ("MSIE ", "Internet Explorer"),
    ("Safari/", "Safari"),
];

/// Systems by a word of theirs.
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("iPod", "iPod"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("FreeBSD", "FreeBSD"),
    ("OpenBSD", "OpenBSD"),
    ("Linux", "Linux"),
    ("X11", "Unix"),
];

/// A short name for the device of a user agent, for a list of sessions: `Firefox on Windows`, `curl`.
///
/// It is a hint for people and nothing to decide by: a client calls itself what it likes. It has at most 64 characters,
/// all of them ASCII and none of them of HTML.
///
/// ```
/// use gravity_auth::device::device_name;
///
/// let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
/// assert_eq!(device_name(agent), "Firefox on Windows");
/// assert_eq!(device_name("curl/8.9.1"), "curl");
/// assert_eq!(device_name(""), "Unknown device");
/// ```
pub fn device_name(user_agent: &str) -> String {
    let agent = user_agent.get(..user_agent.floor_char_boundary(LOOKED_AT)).unwrap_or_default();
    let named = |words: &[(&str, &'static str)]| {
        words.iter().find(|(word, _)| agent.contains(word)).map(|(_, name)| *name)
    };
    let (browser, system) = (named(BROWSERS), named(SYSTEMS));
    let program = browser.map(str::to_owned).or_else(|| program(agent));
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(program), None) => program,
        (None, Some(system)) => system.to_owned(),
        (None, None) => "Unknown device".to_owned(),
    }
}

/// The program that a user agent begins with, unless it is the one that all browsers say they are.
fn program(agent: &str) -> Option<String> {
    let first = agent.split(['/', ' ', '(', ';']).next()?;
    let is_letter = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let name: String = first.chars().take_while(is_letter).take(LONGEST).collect();
    let has_letters = name.bytes().any(|byte| byte.is_ascii_alphabetic());
    (has_letters && name != "Mozilla").then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn devices_by_what_they_say() {
        for (agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
                "Chrome on Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 OPR/112.0",
                "Opera on ChromeOS",
            ),
            ("Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko", "Internet Explorer on Windows"),
            ("okhttp/4.12.0", "okhttp"),
            ("MyApp/2.1 (iPhone; iOS 17.5)", "MyApp on iPhone"),
            ("python-requests/2.32", "python-requests"),
            ("Mozilla/5.0", "Unknown device"),
            ("   ", "Unknown device"),
            ("<script>alert(1)</script>", "Unknown device"),
            ("ÄÖÜ/1.0", "Unknown device"),
            ("123/456", "Unknown device"),
        ] {
            assert_eq!(device_name(agent), name, "{agent}");
        }
        assert_eq!(device_name(&"a".repeat(1 << 20)), "a".repeat(32));
    }

    proptest! {
        #[test]
        fn a_name_is_short_and_harmless(agent: String, start in "[a-zA-Z/ (<>&\"]{0,20}") {
            let name = device_name(&format!("{start}{}", agent.repeat(20)));
            prop_assert!((1..=64).contains(&name.len()));
            prop_assert!(name.chars().all(|letter| letter.is_ascii_alphanumeric() || " -_.".contains(letter)));
        }
    }
}
