//! Lists of nodes, as text or as TOML.

use std::{collections::BTreeMap, fs, ops::Range, path::Path};

use quorate_hashring::{Node, Weight};
use serde::Deserialize;
use toml::Spanned;

use crate::problem::{Mistake, Problem};

const FORM: &str = "a list has a line for each node, like: cache-1 weight=2 in=north/rack-3; or, in a file that ends in .toml, \
                    [[node]] name = \"cache-1\" weight = 2 in = [\"north\", \"rack-3\"]";

/// Reads the nodes of a list, in its order: TOML if the file's name says so, otherwise text.
pub(super) fn read(file: &Path) -> Result<Vec<Node>, Problem> {
    let bytes = fs::read(file).map_err(|error| Problem::new(error).of(file))?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let mistake =
            Mistake { line: line_of(&bytes, error.valid_up_to()), what: "this is not UTF-8".into() };
        mistake.of(file).hint(FORM)
    })?;
    let is_toml = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    let nodes = if is_toml { from_toml(text) } else { from_text(text) };
    nodes.map_err(|mistake| mistake.of(file).hint(FORM))
}

fn line_of(bytes: &[u8], at: usize) -> usize {
    bytes.iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

/// Nodes with the lines of their names; no name comes twice.
#[derive(Default)]
struct List {
    nodes: Vec<Node>,
    lines: BTreeMap<String, usize>,
}

impl List {
    fn push(&mut self, node: Node, line: usize) -> Result<(), Mistake> {
        if node.name().is_empty() {
            return Err(Mistake { line, what: "a node needs a name".into() });
        }
        if let Some(first) = self.lines.insert(node.name().to_owned(), line) {
            return Err(Mistake {
                line,
                what: format!("the node {:?} is in line {first} already", node.name()),
            });
        }
        self.nodes.push(node);
        Ok(())
    }
}

fn weight(number: i64) -> Result<Weight, String> {
    let number =
        u32::try_from(number).map_err(|_| format!("a weight is between 1 and {}, not {number}", u32::MAX))?;
    Weight::new(number).map_err(|error| error.to_string())
}

/// `NAME [weight=N] [in=WIDEST/…/NARROWEST]`; what follows a `#` is for people.
fn from_text(text: &str) -> Result<Vec<Node>, Mistake> {
    let mut list = List::default();
    for (i, line) in text.lines().enumerate() {
        let at = i + 1;
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let Some(name) = words.next() else { continue };
        let mut node = Node::new(name);
        let mut said = Vec::new();
        for word in words {
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            let wrong = |what| Mistake { line: at, what };
            if said.contains(&key) {
                return Err(wrong(format!("{key} is said twice")));
            }
            said.push(key);
            node = match key {
                "weight" => {
                    let number = value.parse().map_err(|_| wrong(format!("{value:?} is not a weight")))?;
                    node.weighing(weight(number).map_err(wrong)?)
                }
                "in" if value.split('/').any(str::is_empty) => {
                    return Err(wrong(format!("a domain has a name, and {value:?} has one without")));
                }
                "in" => node.within(value.split('/')),
                _ => return Err(wrong(format!("{word:?} is neither weight=… nor in=…"))),
            };
        }
        list.push(node, at)?;
    }
    Ok(list.nodes)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    node: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Spanned<String>,
    weight: Option<Spanned<i64>>,
    #[serde(rename = "in", default)]
    within: Vec<String>,
}

fn from_toml(text: &str) -> Result<Vec<Node>, Mistake> {
    let line = |span: Range<usize>| line_of(text.as_bytes(), span.start);
    let document: Document = toml::from_str(text)
        .map_err(|error| Mistake { line: error.span().map_or(1, line), what: error.message().to_owned() })?;
    let mut list = List::default();
    for entry in document.node.into_iter().map(Spanned::into_inner) {
        let at = line(entry.name.span());
        let mut node = Node::new(entry.name.into_inner()).within(entry.within);
        if let Some(number) = entry.weight {
            let at = line(number.span());
            node = node.weighing(weight(number.into_inner()).map_err(|what| Mistake { line: at, what })?);
        }
        list.push(node, at)?;
    }
    Ok(list.nodes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(line: usize, what: &str) -> Result<Vec<Node>, Mistake> {
        Err(Mistake { line, what: what.into() })
    }

    #[test]
    fn text_and_toml_say_the_same() {
        let text = "# caches\ncache-1 weight=2 in=north/rack-3\n\ncache-2 # small\n";
        let toml = "[[node]]\nname = \"cache-1\"\nweight = 2\nin = [\"north\", \"rack-3\"]\n[[node]]\nname = \"cache-2\"\n";
        let nodes = from_text(text).unwrap();
        assert_eq!(nodes, from_toml(toml).unwrap());
        assert_eq!(
            (nodes[0].weight().get(), nodes[0].domain(1), nodes[1].name()),
            (2, Some("rack-3"), "cache-2")
        );
        assert_eq!((from_text(""), from_toml("")), (Ok(vec![]), Ok(vec![])));
    }

    #[test]
    fn mistakes_have_their_line() {
        assert_eq!(from_text("a\nb\na"), mistake(3, "the node \"a\" is in line 1 already"));
        assert_eq!(from_text("a weight=0"), mistake(1, &weight(0).unwrap_err()));
        assert_eq!(from_text("a weight=4294967296"), mistake(1, &weight(1 << 32).unwrap_err()));
        assert_eq!(from_text("a weight=x"), mistake(1, "\"x\" is not a weight"));
        assert_eq!(from_text("a weight=1 weight=2"), mistake(1, "weight is said twice"));
        assert_eq!(from_text("a in=x//y"), mistake(1, "a domain has a name, and \"x//y\" has one without"));
        assert_eq!(from_text("\na zone=x"), mistake(2, "\"zone=x\" is neither weight=… nor in=…"));
    }

    #[test]
    fn mistakes_in_toml_have_their_line() {
        let line = |text| from_toml(text).unwrap_err().line;
        assert_eq!(line("[[node]]\nname = \"a\"\n[[node]]\nname = \"a\"\n"), 4);
        assert_eq!(line("[[node]]\nname = \"a\"\nweight = 0\n"), 3);
        assert_eq!(line("[[node]]\nname = \"a\"\nweight = -1\n"), 3);
        assert_eq!(line("[[node]]\nname = \"a\"\ncolour = 3\n"), 3);
        assert_eq!(line("[[node]]\nname = \"\"\n"), 2);
        assert_eq!(line("[[node]]\n\nweight = 3\n"), 1);
        assert_eq!(line("[[node]]\nname = \"a\n"), 2);
    }
}
