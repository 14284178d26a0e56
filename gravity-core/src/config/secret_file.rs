//! Settings that stand in files of their own, as orchestrators hand over secrets.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use super::text::Refusal;

/// The longest file that is read for one setting.
const LONGEST: u64 = 64 * 1024;

/// The content of a file without the line end behind it. What it says when it cannot be read has neither
/// content nor name, for somebody may have put the secret where its file's name belongs.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, Refusal> {
    let unreadable = |reason: String| ("unreadable", format!("names a file that cannot be read: {reason}"));
    if path.as_os_str().is_empty() {
        return Err(("unreadable", "must name a file".to_owned()));
    }
    let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > LONGEST {
        return Err(unreadable(format!("it has more than {} KiB", LONGEST / 1024)));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    if text.is_empty() {
        return Err(("empty", "names a file that is empty".to_owned()));
    }
    Ok(Zeroizing::new(text.to_owned()))
}
