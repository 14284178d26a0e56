//! Whole numbers of JSON, however they are written.

/// The document with whole numbers such as `1.0` and `2e3` written as such; `None` where it has none.
pub(crate) fn with_whole_numbers(json: &[u8]) -> Option<Vec<u8>> {
    /// Past this not every whole number has a float of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let mut out = Vec::with_capacity(json.len());
    let (mut in_text, mut escaped, mut at, mut changed) = (false, false, 0, false);
    while let Some(&byte) = json.get(at) {
        if !in_text && (byte == b'-' || byte.is_ascii_digit()) {
            let rest = json.get(at..).unwrap_or_default();
            let ends = |byte: &u8| !(byte.is_ascii_digit() || b"+-.eE".contains(byte));
            let number = rest.get(..rest.iter().position(ends).unwrap_or(rest.len())).unwrap_or_default();
            at += number.len();
            let whole = std::str::from_utf8(number)
                .ok()
                .filter(|text| text.contains(['.', 'e', 'E']))
                .and_then(|text| text.parse::<f64>().ok())
                .filter(|value| value.fract() == 0.0 && value.abs() <= EXACT);
            match whole {
                // A whole float is written without a fraction; adding zero makes -0.0 a plain 0.
                Some(value) => out.extend_from_slice(format!("{:.0}", value + 0.0).as_bytes()),
                None => out.extend_from_slice(number),
            }
            changed |= whole.is_some();
            continue;
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ => {}
        }
        out.push(byte);
        at += 1;
    }
    changed.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::with_whole_numbers;

    #[test]
    fn whole_numbers_are_written_as_such() {
        let rewritten =
            |json: &str| with_whole_numbers(json.as_bytes()).map(|json| String::from_utf8(json).unwrap());
        for (json, expected) in [
            ("[1.0,2e3,-4.00,-0.0,1.5]", "[1,2000,-4,0,1.5]"),
            (r#"{"1.0":"2.0 \"3.0","a":5.0}"#, r#"{"1.0":"2.0 \"3.0","a":5}"#),
            ("[1e15,1e300,7.0]", "[1000000000000000,1e300,7]"),
        ] {
            assert_eq!(rewritten(json).as_deref(), Some(expected));
        }
        assert_eq!(rewritten(r#"[1,"1.0",0.5]"#), None);
    }
}
