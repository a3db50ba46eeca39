//! Integers as Redis reads them: one spelling per number, no sign `+`, no leading zeros, no spaces.

/// The number that `text` spells, if it is the one spelling of a signed 64-bit integer.
pub(crate) fn integer(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let canonical = match digits {
        [b'0'] => digits.len() == text.len(),
        [first, ..] => (b'1'..=b'9').contains(first) && digits.iter().all(u8::is_ascii_digit),
        [] => false,
    };
    if !canonical {
        return None;
    }
    core::str::from_utf8(text).ok()?.parse().ok()
}

/// The unsigned number that `text` spells in decimal digits, as cursors are read.
pub(crate) fn unsigned(text: &[u8]) -> Option<u64> {
    let digits_only = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    core::str::from_utf8(text).ok().filter(|_| digits_only)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{integer, unsigned};

    #[test]
    fn one_spelling_per_integer() {
        let spelled: [(&str, Option<i64>); 14] = [
            ("0", Some(0)),
            ("7", Some(7)),
            ("-7", Some(-7)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("-9223372036854775809", None),
            ("", None),
            ("-", None),
            ("-0", None),
            ("007", None),
            ("+7", None),
            (" 7", None),
            ("7x", None),
        ];
        for (text, expected) in spelled {
            assert_eq!(integer(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn cursors_are_plain_digits() {
        assert_eq!(unsigned(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(unsigned(b"18446744073709551616"), None);
        assert_eq!(unsigned(b"-1"), None);
        assert_eq!(unsigned(b""), None);
    }
}
