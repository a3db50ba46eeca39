//! The patterns of KEYS and SCAN: `*`, `?`, `[a-z]`, `[^a-z]`, and `\` before anything meant literally.

/// Whether the whole of `text` matches `pattern`.
///
/// Takes time proportional to the two lengths multiplied, whatever the pattern: only the latest star is ever
/// widened, since an earlier one has already matched as little as it can.
pub(crate) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut rest, mut at) = (pattern, 0);
    let mut star: Option<(&[u8], usize)> = None;
    loop {
        if let [b'*', after @ ..] = rest {
            star = Some((after, at));
            rest = after;
            continue;
        }
        match text.get(at) {
            None if rest.is_empty() => return true,
            None => return false,
            Some(byte) => {
                if let Some(after) = one(rest, *byte) {
                    rest = after;
                    at += 1;
                    continue;
                }
            }
        }
        let Some((after, from)) = star else { return false };
        star = Some((after, from + 1));
        rest = after;
        at = from + 1;
    }
}

/// What is left of the pattern after its first element, if that element matches `byte`.
fn one(pattern: &[u8], byte: u8) -> Option<&[u8]> {
    match pattern {
        [] => None,
        [b'?', rest @ ..] => Some(rest),
        [b'[', class @ ..] => {
            let (within, rest) = class_has(class, byte);
            within.then_some(rest)
        }
        [b'\\', literal, rest @ ..] | [literal, rest @ ..] => (*literal == byte).then_some(rest),
    }
}

/// Whether a class such as `a-z]` has `byte`, and what follows the class. A class that is never closed ends with
/// the pattern.
fn class_has(class: &[u8], byte: u8) -> (bool, &[u8]) {
    let (negated, mut rest) = match class {
        [b'^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut found = false;
    loop {
        match rest {
            [] => return (found != negated, rest),
            [b']', after @ ..] => return (found != negated, after),
            [b'\\', literal, after @ ..] => {
                found |= *literal == byte;
                rest = after;
            }
            [low, b'-', high, after @ ..] => {
                found |= (*low.min(high)..=*low.max(high)).contains(&byte);
                rest = after;
            }
            [literal, after @ ..] => {
                found |= *literal == byte;
                rest = after;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use quickcheck::{Gen, QuickCheck};

    use super::{class_has, matches};

    #[test]
    fn redis_patterns() {
        let cases: [(&str, &str, bool); 26] = [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "anything", true),
            ("h?llo", "hello", true),
            ("h?llo", "hllo", false),
            ("h*llo", "heeeello", true),
            ("h*llo", "hell", false),
            ("h[ae]llo", "hallo", true),
            ("h[ae]llo", "hillo", false),
            ("h[^e]llo", "hallo", true),
            ("h[^e]llo", "hello", false),
            ("h[a-b]llo", "hbllo", true),
            ("h[b-a]llo", "hallo", true),
            ("h[a-b]llo", "hcllo", false),
            ("h\\*llo", "h*llo", true),
            ("h\\*llo", "hello", false),
            ("[\\]]", "]", true),
            ("[a", "a", true),
            ("[a", "b", false),
            ("a*b*c", "aXXbYYc", true),
            ("a*b*c", "aXXcYYb", false),
            ("*a*", "xxaxx", true),
            ("**", "x", true),
            ("a\\", "a\\", true),
            ("[]", "x", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern:?} on {text:?}");
        }
    }

    /// The definition, with every star tried at every length.
    fn naive(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], _) => text.is_empty(),
            ([b'*', rest @ ..], _) => (0..=text.len()).any(|taken| naive(rest, &text[taken..])),
            (_, []) => false,
            ([b'?', rest @ ..], [_, after @ ..]) => naive(rest, after),
            ([b'[', class @ ..], [byte, after @ ..]) => {
                let (within, rest) = class_has(class, *byte);
                within && naive(rest, after)
            }
            ([b'\\', literal, rest @ ..] | [literal, rest @ ..], [byte, after @ ..]) => {
                literal == byte && naive(rest, after)
            }
        }
    }

    #[test]
    #[expect(clippy::needless_pass_by_value, reason = "quickcheck passes by value")]
    fn agrees_with_the_definition() {
        fn agrees(pattern: Vec<u8>, text: Vec<u8>) -> bool {
            let pattern: Vec<u8> = pattern.iter().map(|byte| b"ab*?[]^-\\"[usize::from(*byte) % 9]).collect();
            let text: Vec<u8> = text.iter().map(|byte| b"ab"[usize::from(*byte) % 2]).collect();
            matches(&pattern, &text) == naive(&pattern, &text)
        }
        QuickCheck::new()
            .rng(Gen::from_size_and_seed(10, 1))
            .tests(20_000)
            .quickcheck(agrees as fn(Vec<u8>, Vec<u8>) -> bool);
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = "a*".repeat(64) + "b";
        assert!(!matches(pattern.as_bytes(), &[b'a'; 4096]));
    }
}
