//! `quorate ring`, on lists of nodes as people write them.

use std::{fs, io::Write as _, process::Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::common::{output, quorate, stderr, stdout};

const FOUR: &str = "cache-1 weight=2 in=north/r1 # the large one\ncache-2 in=north/r2\ncache-3 in=south/r1\ncache-4 in=south/r2\n";

struct Lists(TempDir);

impl Lists {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn list(&self, name: &str, text: &str) -> String {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// What a call says that goes well.
fn said(arguments: &[&str]) -> String {
    let output = output(&[&["ring"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&said(&[arguments, &["--json"]].concat())).unwrap()
}

#[test]
fn keys_are_placed_whatever_the_order_and_the_form_of_the_list() {
    let lists = Lists::new();
    let text = lists.list("four.txt", FOUR);
    let turned: Vec<_> = FOUR.lines().rev().collect();
    let turned = lists.list("turned.txt", &turned.join("\n"));
    let toml = lists.list(
        "four.toml",
        "[[node]]\nname = \"cache-2\"\n[[node]]\nname = \"cache-1\"\nweight = 2\n[[node]]\nname = \"cache-3\"\n[[node]]\nname = \"cache-4\"\n",
    );
    let placed = said(&["place", &text, "user:1", "user:2", "user:3"]);
    assert_eq!(placed, "user:1\tcache-4\nuser:2\tcache-1\nuser:3\tcache-1\n");
    assert_eq!(said(&["place", &turned, "user:1", "user:2", "user:3"]), placed);
    assert_eq!(said(&["place", &toml, "user:1", "user:2", "user:3"]), placed);

    let mut piped =
        quorate(&["ring", "place", &text]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    piped.stdin.take().unwrap().write_all(b"user:1\nuser:2\nuser:3\n").unwrap();
    assert_eq!(stdout(&piped.wait_with_output().unwrap()), placed);
}

#[test]
fn copies_keep_out_of_each_other_s_domains_and_it_is_said_if_they_are_too_few() {
    let lists = Lists::new();
    let list = lists.list("four.txt", FOUR);
    for by in ["ring", "hrw", "slots"] {
        let line = json(&["place", &list, "user:1", "--copies", "2", "--strict", "0", "--by", by]);
        let nodes: Vec<_> =
            line["nodes"].as_array().unwrap().iter().map(|node| node.as_str().unwrap()).collect();
        let north = nodes.iter().filter(|node| ["cache-1", "cache-2"].contains(node)).count();
        assert_eq!((nodes.len(), north, &line["shortfall"]), (2, 1, &Value::from(0)), "{by}: {line}");
    }
    let short = output(&["ring", "place", &list, "user:1", "--copies", "3", "--strict", "0"]);
    assert_eq!(short.status.code(), Some(1));
    assert!(stderr(&short).contains("copies are missing of 1 of the keys"), "{}", stderr(&short));

    let whole = json(&["place", &list, "user:1", "--copies", "3", "--positional"]);
    let down = whole["nodes"][1].as_str().unwrap();
    let one_down = json(&["place", &list, "user:1", "--copies", "3", "--positional", "--down", down]);
    assert_eq!((&one_down["nodes"][0], &one_down["nodes"][2]), (&whole["nodes"][0], &whole["nodes"][2]));
    assert_ne!(one_down["nodes"][1], whole["nodes"][1]);
}

#[test]
fn a_plan_tells_what_moves_and_in_which_waves() {
    let lists = Lists::new();
    let before = lists.list("before.txt", "a\nb\nc\n");
    let after = lists.list("after.txt", "a\nb\nc\nd\n");
    let plan = json(&["plan", &before, &after, "--by", "slots", "--slots", "12"]);
    assert_eq!((&plan["moved"], &plan["minimum"], &plan["moves"]), (&0.25.into(), &0.25.into(), &3.into()));
    assert_eq!((&plan["nodes"]["d"]["gets"], &plan["nodes"]["a"]["gets"]), (&0.25.into(), &0.0.into()));
    assert_eq!(plan["waves"].as_array().unwrap().len(), 4);

    let ring = json(&["plan", &before, &after, "--copies", "2"]);
    let gets = |node: &str| ring["nodes"][node]["gets"].as_f64().unwrap_or(0.0);
    assert!(
        (gets("a") + gets("b") + gets("c")).abs() < 1e-9 && (0.15..0.35).contains(&gets("d")),
        "{}",
        ring["nodes"]
    );

    let told = said(&["plan", &before, &after, "--by", "slots", "--slots", "4", "--moves"]);
    assert!(told.contains("slots: 25.00 % of all copies move; 25.00 % have to"), "{told}");
    assert!(told.contains("wave 1\n  copy slot "), "{told}");
    let rest = said(&["plan", &before, &after, "--by", "mod-n", "--keys", "10000"]);
    assert!(rest.contains("of 10,000 keys move; 25.00 % have to"), "{rest}");
}

#[test]
fn balance_is_exact_or_says_of_how_many_keys_it_is() {
    let lists = Lists::new();
    let list = lists.list("four.txt", FOUR);
    let picture = lists.0.path().join("shares.svg");
    let told = said(&["balance", &list, "--svg", picture.to_str().unwrap()]);
    assert!(
        told.starts_with("ring, 4 nodes: exact shares of all hashes\nnode     weight    share     fair"),
        "{told}"
    );
    let svg = fs::read_to_string(picture).unwrap();
    assert!(svg.starts_with("<svg ") && svg.matches("<g>").count() == 4, "{svg}");

    let answer = json(&["balance", &list, "--by", "hrw", "--keys", "100000"]);
    assert_eq!((&answer["keys"], &answer["nodes"][0]["fair"]), (&100_000.into(), &0.4.into()));
    let deviation = answer["balance"]["deviation"].as_f64().unwrap();
    assert!(deviation < 0.02, "{answer}");
}

/// What is said of these algorithms everywhere: the remainder moves n of n + 1 keys, consistent hashing 1 of n + 1 and nothing
/// else; virtual nodes make shares more even as one over the root of their number.
#[test]
fn comparing_shows_what_is_claimed() {
    let answer = json(&["compare", "--nodes", "10", "--keys", "20000"]);
    assert_eq!(answer["minimum"].as_f64().map(|part| (part * 1e6).round()), Some(90_909.0));
    let rows = answer["algorithms"].as_array().unwrap();
    assert_eq!(rows.len(), 8);
    for row in rows {
        let (moved, needless) = (row["moved"].as_f64().unwrap(), row["needless"].as_f64().unwrap());
        match row["algorithm"].as_str().unwrap() {
            "mod-n" => assert!((0.90..0.92).contains(&moved), "{row}"),
            "maglev" => assert!((0.08..0.10).contains(&moved) && needless < 0.01, "{row}"),
            // The part that a ring's new node gets has a standard deviation of 0.0072.
            "ring" => assert!((0.055..0.127).contains(&moved) && needless == 0.0, "{row}"),
            _ => assert!((0.08..0.10).contains(&moved) && needless == 0.0, "{row}"),
        }
    }
    for row in answer["virtual_nodes"].as_array().unwrap() {
        let (is, expected) = (row["deviation"].as_f64().unwrap(), row["expected"].as_f64().unwrap());
        assert!((0.75..1.25).contains(&(is / expected)), "{row}");
    }
}

#[test]
fn what_cannot_be_done_is_told_with_its_line() {
    let lists = Lists::new();
    let refused = |arguments: &[&str], told: &str| {
        let output = output(&[&["ring"], arguments].concat());
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        assert!(stderr(&output).contains(told), "{arguments:?}: {}", stderr(&output));
    };
    let twice = lists.list("twice.txt", "a\nb\na\n");
    refused(&["place", &twice, "key"], "line 3: the node \"a\" is in line 1 already");
    let zero = lists.list("zero.toml", "[[node]]\nname = \"a\"\nweight = 0\n");
    refused(&["place", &zero, "key"], "line 3: a weight is at least 1");
    let list = lists.list("two.txt", "a weight=2\nb\n");
    refused(&["place", &list, "key", "--by", "anchor"], "this table takes nodes of weight 1 only");
    refused(&["place", &list, "key", "--by", "maglev", "--size", "8"], "8");
    refused(&["place", &list, "key", "--even", "0"], "the node \"a\" has no failure domain at level 0");
    refused(&["place", &list, "key", "--copies", "0"], "a rule asks for one copy at least");
    refused(&["place", &list, "key", "--down", "c"], "--down c: there is no node of that name");
    refused(&["plan", &list, &list, "--per-node", "0"], "--per-node: a limit of 0 lets nothing move");
    let empty = lists.list("empty.txt", "# nobody\n");
    refused(&["place", &empty, "key"], "there are no nodes");
    refused(&["place", "no-such-list", "key"], "no-such-list: ");
}
