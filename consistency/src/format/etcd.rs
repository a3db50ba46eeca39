use alloc::{borrow::ToOwned as _, vec::Vec};

use super::{Entry, FormatError, Kind, Mistake, edn};

/// Lines like `INFO  jepsen.util - 3 :invoke :write 4`. Blank lines are the only others.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, FormatError> {
    let lines = (1..).zip(text.lines()).filter(|(_, content)| !content.trim().is_empty());
    lines
        .map(|(line, content)| entry(line, content).map_err(|mistake| FormatError { line, mistake }))
        .collect()
}

fn entry(line: usize, content: &str) -> Result<Entry, Mistake> {
    let mut rest = content.trim();
    for word in ["INFO", "jepsen.util", "-"] {
        if next(&mut rest) != word {
            return Err(Mistake::Part("to begin with `INFO jepsen.util -`"));
        }
    }
    let process = next(&mut rest).parse().map_err(|_| Mistake::Part("a process that is a number"))?;
    let kind = next(&mut rest).strip_prefix(':').and_then(Kind::named);
    let kind = kind.ok_or(Mistake::Part("a type: :invoke, :ok, :fail or :info"))?;
    let f = next(&mut rest).strip_prefix(':').ok_or(Mistake::Part("an operation, like :read"))?.to_owned();
    let value = edn::value(rest)?;
    Ok(Entry { line, process, kind, f, value, key: None })
}

/// Takes the next word.
fn next<'a>(rest: &mut &'a str) -> &'a str {
    let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    *rest = after.trim_start();
    word
}
