//! Clocks as people write them.

use quorate_vclock::{TextError, TextMistake, VClock};

fn read(text: &str) -> Result<String, (usize, TextMistake)> {
    let clock: Result<VClock<String>, TextError> = text.parse();
    clock.map(|clock| clock.to_string()).map_err(|TextError { column, mistake }| (column, mistake))
}

/// Every small clock comes back, with names that hold whatever a bare name may.
pub(crate) fn what_is_shown_is_read() -> Result<String, String> {
    let names = ["a", "10.0.0.1:7001", "n=1:", "日本", "-", "[::1]:80", "1", "a.b/c"];
    let mut clocks = 0;
    for number in 0..3_u64.pow(8) {
        let counter = |at| number / 3_u64.pow(at) % 3 * (u64::MAX / 2);
        let clock: VClock<String> =
            (0..).zip(names).map(|(at, name)| (name.to_owned(), counter(at))).collect();
        let shown = clock.to_string();
        if shown.parse().as_ref() != Ok(&clock) {
            return Err(format!("{shown} is read as {:?}", read(&shown)));
        }
        clocks += 1;
    }
    Ok(format!("{clocks} clocks"))
}

#[test]
fn forgiving_variants_are_read() {
    let same = [
        "{a:1, b:2}",
        r#"{"a":1,"b":2}"#,
        r#" { "b" : 2 , "a" : 1 } "#,
        "a:1 b:2",
        "a:1,b:2",
        "a=1, b=2",
        "a: 1 b: 2",
        "a : 1\n b\t=2,",
        r#""a":1 "\u0062":2"#,
        "{a:1, c:0, b:2,}",
    ];
    for text in same {
        assert_eq!(read(text).as_deref(), Ok("{a:1, b:2}"), "{text}");
    }
    assert_eq!(read("{}").as_deref(), Ok("{}"));
    assert_eq!(read("{a:0}").as_deref(), Ok("{}"));
    assert_eq!(read(r#"{"a \"b\"\\\/\n\ud83d\ude00": 3}"#).as_deref(), Ok("{a \"b\"\\/\n😀:3}"));
    assert_eq!(read("127.0.0.1:7001 : 3").as_deref(), Ok("{127.0.0.1:7001:3}"));
}

#[test]
fn mistakes_have_a_column() {
    use TextMistake::{
        Actor, Close, Colon, Comma, Counter, Escape, Nothing, Quote, TooLarge, Trailing, Twice,
    };

    for (text, column, mistake) in [
        ("", 1, Nothing),
        ("  ", 3, Nothing),
        ("{a:1", 5, Close),
        ("{a:1, b", 8, Colon),
        ("{a:1, b:", 9, Counter),
        ("{a:1, b:-2}", 9, Counter),
        ("{a:1.5}", 4, Counter),
        ("{日:1, b:x}", 9, Counter),
        ("{a:18446744073709551616}", 4, TooLarge),
        ("{a:1, a:2}", 7, Twice),
        ("{a:1, \"a\":0}", 7, Twice),
        ("{a:1} b:2", 7, Trailing),
        ("a:1}", 4, Trailing),
        ("{:1}", 2, Actor),
        ("{{a:1}}", 2, Actor),
        (",,a:1", 2, Actor),
        ("{\"a:1}", 2, Quote),
        ("{\"a\\x\":1}", 4, Escape),
        ("{\"\\ud83d\":1}", 3, Escape),
        ("{\"\\u+123\":1}", 3, Escape),
        ("{\"a\":1\"b\":2}", 7, Comma),
        ("{\"a\" 1}", 6, Colon),
    ] {
        assert_eq!(read(text), Err((column, mistake)), "{text}");
    }
}
