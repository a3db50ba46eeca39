//! Replies as `redis-cli` prints them.

use std::fmt::Write as _;

use crate::reply::Reply;

/// For a terminal: strings are quoted, lists are numbered.
pub(crate) fn readable(reply: &Reply) -> String {
    let mut text = String::new();
    write(&mut text, reply, 0);
    text
}

/// For a pipe: nothing but the content.
pub(crate) fn raw(reply: &Reply) -> Vec<u8> {
    match reply {
        Reply::Nil => Vec::new(),
        Reply::Status(text) | Reply::Error(text) => text.clone().into_bytes(),
        Reply::Integer(number) => number.to_string().into_bytes(),
        Reply::Double(number) => number.to_string().into_bytes(),
        Reply::Boolean(truth) => truth.to_string().into_bytes(),
        Reply::Bulk(bytes) | Reply::Text(bytes) | Reply::Number(bytes) => bytes.to_vec(),
        Reply::List(items) | Reply::Set(items) => lines(items.iter().map(raw)),
        Reply::Map(pairs) => lines(pairs.iter().flat_map(|(key, value)| [raw(key), raw(value)])),
    }
}

fn lines(items: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    items.collect::<Vec<_>>().join(&b'\n')
}

/// Writing to a string cannot fail.
fn write(text: &mut String, reply: &Reply, indent: usize) {
    let _ = match reply {
        Reply::Nil => write!(text, "(nil)"),
        Reply::Status(status) => write!(text, "{status}"),
        Reply::Error(error) => write!(text, "(error) {error}"),
        Reply::Integer(number) => write!(text, "(integer) {number}"),
        Reply::Double(number) => write!(text, "(double) {number}"),
        Reply::Boolean(truth) => write!(text, "({truth})"),
        Reply::Bulk(bytes) => write!(text, "{}", quoted(bytes)),
        Reply::Text(bytes) => write!(text, "{}", String::from_utf8_lossy(bytes)),
        Reply::Number(digits) => write!(text, "{}", String::from_utf8_lossy(digits)),
        Reply::List(items) => return list(text, items, ')', indent),
        Reply::Set(items) => return list(text, items, '~', indent),
        Reply::Map(pairs) => return map(text, pairs, indent),
    };
}

fn list(text: &mut String, items: &[Reply], mark: char, indent: usize) {
    if items.is_empty() {
        text.push_str("(empty array)");
    }
    let width = items.len().to_string().len();
    for (nth, item) in items.iter().enumerate() {
        head(text, nth, width, mark, indent);
        write(text, item, indent + width + 2);
    }
}

fn map(text: &mut String, pairs: &[(Reply, Reply)], indent: usize) {
    if pairs.is_empty() {
        text.push_str("(empty hash)");
    }
    let width = pairs.len().to_string().len();
    for (nth, (key, value)) in pairs.iter().enumerate() {
        head(text, nth, width, '#', indent);
        write(text, key, indent + width + 2);
        text.push_str(" => ");
        write(text, value, indent + width + 2);
    }
}

/// The number of an item. The first stands where its list stands, the others on lines of their own.
fn head(text: &mut String, nth: usize, width: usize, mark: char, indent: usize) {
    if nth > 0 {
        let _ = write!(text, "\n{:indent$}", "");
    }
    let _ = write!(text, "{:>width$}{mark} ", nth + 1);
}

fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '"' | '\\' => text.extend(['\\', letter]),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                control if control.is_control() => {
                    let mut buffer = [0; 4];
                    hexadecimal(&mut text, control.encode_utf8(&mut buffer).as_bytes());
                }
                plain => text.push(plain),
            }
        }
        hexadecimal(&mut text, chunk.invalid());
    }
    text.push('"');
    text
}

fn hexadecimal(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(text, "\\x{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::{raw, readable};
    use crate::reply::Reply;

    fn bulk(text: &'static str) -> Reply {
        Reply::Bulk(text.as_bytes().into())
    }

    #[test]
    fn plain_replies_look_like_those_of_redis_cli() {
        assert_eq!(readable(&Reply::Status("OK".into())), "OK");
        assert_eq!(readable(&bulk("a b")), "\"a b\"");
        assert_eq!(readable(&Reply::Nil), "(nil)");
        assert_eq!(readable(&Reply::Integer(-3)), "(integer) -3");
        assert_eq!(readable(&Reply::Error("ERR no".into())), "(error) ERR no");
        assert_eq!(readable(&Reply::List(vec![])), "(empty array)");
    }

    #[test]
    fn what_is_not_text_is_escaped() {
        assert_eq!(
            readable(&Reply::Bulk(b"\"\\\n\x00\xff\xc3\xa9".as_slice().into())),
            r#""\"\\\n\x00\xffé""#
        );
        assert_eq!(raw(&Reply::Bulk(b"\xff\n".as_slice().into())), b"\xff\n");
    }

    #[test]
    fn nested_lists_line_up() {
        let inner = Reply::List(vec![bulk("x"), bulk("y")]);
        let list = Reply::List(vec![Reply::Integer(1), inner]);
        assert_eq!(readable(&list), "1) (integer) 1\n2) 1) \"x\"\n   2) \"y\"");
        assert_eq!(raw(&list), b"1\nx\ny");
    }

    #[test]
    fn maps_show_pairs() {
        let map = Reply::Map(vec![(bulk("k"), Reply::Integer(1)), (bulk("l"), Reply::Nil)]);
        assert_eq!(readable(&map), "1# \"k\" => (integer) 1\n2# \"l\" => (nil)");
    }
}
