//! Byte ranges: which pieces of a file a request asks for (RFC 9110, section 14).

use std::ops::Range;

/// How many ranges one request may ask for. More are no download but an attack on the server's bandwidth,
/// and are answered with the whole file.
pub const MAX_RANGES: usize = 16;

/// What a `Range` header asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ranges {
    /// Everything: there is no range, or none that is understood.
    Whole,
    /// These pieces: each lies inside the file and holds a byte at least, no two overlap or touch.
    Pieces(Vec<Range<u64>>),
    /// None of the ranges lies inside the file: 416.
    Unsatisfiable,
}

/// Reads a `Range` header for a file of so many bytes.
pub fn parse(value: &str, size: u64) -> Ranges {
    let Some((unit, set)) = value.split_once('=') else { return Ranges::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Ranges::Whole;
    }
    let mut asked = 0;
    let mut pieces = Vec::new();
    for spec in set.split(',').map(|spec| spec.trim_matches([' ', '\t'])).filter(|spec| !spec.is_empty()) {
        asked += 1;
        match piece(spec, size) {
            Some(_) if asked > MAX_RANGES => return Ranges::Whole,
            // The last bytes of an empty file are all of it, which no `Content-Range` can say.
            Some(piece) if size == 0 && piece.start == 0 && spec.starts_with('-') => return Ranges::Whole,
            Some(piece) if piece.is_empty() => {}
            Some(piece) => add(&mut pieces, piece),
            None => return Ranges::Whole,
        }
    }
    match (asked, pieces.is_empty()) {
        (0, _) => Ranges::Whole,
        (_, true) => Ranges::Unsatisfiable,
        (_, false) => Ranges::Pieces(pieces),
    }
}

/// One range, cut to the file; an empty one where it lies outside. `None` where it is malformed.
fn piece(spec: &str, size: u64) -> Option<Range<u64>> {
    let (first, last) = spec.split_once('-')?;
    if first.is_empty() {
        let suffix = number(last)?;
        let start = size.saturating_sub(suffix);
        // No bytes at the end are none at all, in an empty file too.
        return Some(if suffix == 0 { size.max(1)..size.max(1) } else { start..size });
    }
    let first = number(first)?;
    let end = match last {
        "" => size,
        last => {
            let last = number(last)?;
            if last < first {
                return None;
            }
            last.saturating_add(1).min(size)
        }
    };
    Some(first..end.max(first))
}

/// A number; one that does not fit is as good as the largest that does.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

/// Adds a piece in the place of its first appearance, joined with those that it overlaps or touches.
fn add(pieces: &mut Vec<Range<u64>>, mut new: Range<u64>) {
    let touches = |piece: &Range<u64>, new: &Range<u64>| piece.start <= new.end && new.start <= piece.end;
    let mut place = pieces.len();
    // A joined piece may reach others that the new one alone did not.
    while let Some(at) = pieces.iter().position(|piece| touches(piece, &new)) {
        let old = pieces.remove(at);
        new = old.start.min(new.start)..old.end.max(new.end);
        place = place.min(at);
    }
    pieces.insert(place.min(pieces.len()), new);
}
