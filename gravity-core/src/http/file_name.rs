//! File names that are safe to keep and to send.

/// The longest name, in bytes: what common file systems hold.
const MAX_LEN: usize = 255;

/// The longest ending that is kept when a name is cut.
const MAX_ENDING: usize = 16;

/// Makes a file name that a client gave safe: for a disk of any system and for a header.
///
/// Only what stands after the last slash or backslash counts. Control characters and those that turn
/// the direction of text around are dropped; characters that Windows refuses become `_`; dots and
/// spaces at either end go, so that nothing is hidden and nothing is `..`; names of devices (`CON`) get
/// a `_` in front; the result has 1 to 255 bytes and keeps its ending. A name of which nothing is left
/// becomes `file`. It is still no unique name.
///
/// ```
/// # use gravity_core::http::file_name::safe_file_name;
/// assert_eq!(safe_file_name("../../etc/passwd"), "passwd");
/// assert_eq!(safe_file_name("C:\\fakepath\\nul.txt"), "_nul.txt");
/// ```
pub fn safe_file_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last
        .chars()
        .filter(|letter| !letter.is_control() && !turns_text(*letter))
        .map(|letter| if r#"<>:"|?*"#.contains(letter) { '_' } else { letter })
        .collect();
    let mut name = no_device(trimmed(&clean).to_owned());
    if name.len() > MAX_LEN {
        // What is left of a long name may be a device, and is short then.
        name = no_device(cut(&name));
    }
    if name.is_empty() { "file".to_owned() } else { name }
}

fn trimmed(name: &str) -> &str {
    name.trim_matches(|letter: char| letter == '.' || letter.is_whitespace())
}

/// Marks and overrides of direction, with which `gpj.exe` is shown as `exe.jpg`, and invisible spaces.
fn turns_text(letter: char) -> bool {
    matches!(letter, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

fn no_device(name: String) -> String {
    if is_device(&name) { format!("_{name}") } else { name }
}

/// Whether Windows takes the name for a device, whatever its ending.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || ["COM", "LPT"].iter().any(|port| {
            stem.strip_prefix(port).is_some_and(|number| {
                let mut digits = number.chars();
                let digit =
                    digits.next().is_some_and(|digit| digit.is_ascii_digit() || "¹²³".contains(digit));
                digit && digits.next().is_none()
            })
        })
}

/// Cuts a long name, its ending kept.
fn cut(name: &str) -> String {
    let ending = name
        .rfind('.')
        .and_then(|dot| name.get(dot..))
        .filter(|ending| ending.len() <= MAX_ENDING)
        .unwrap_or_default();
    let stem = name.get(..name.floor_char_boundary(MAX_LEN - ending.len())).unwrap_or_default();
    format!("{}{ending}", trimmed(stem))
}
