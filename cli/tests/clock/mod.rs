//! `quorate clock`, on clocks that are typed and on logs that runs have left behind.

#[path = "../../../consistency/tests/common/browser.rs"]
mod browser;

use std::{fmt::Write as _, fs};

use browser::browse;
use tempfile::TempDir;

use super::common::{output, stderr, stdout};

const PING: &str = "\
asks
alice {\"alice\": 1}
hears <alice> & \"answers\"
bob {\"alice\": 1, \"bob\": 1}
hears bob
alice {\"alice\": 2, \"bob\": 1}
";

fn write(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn clocks_are_compared_and_the_difference_is_told() {
    let told = |left: &str, right: &str| {
        let output = output(&["clock", "compare", left, right]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    assert_eq!(
        told("{a:3, b:1}", r#"{"a": 2, "b": 1, "c": 4}"#),
        "concurrent: each has seen what the other has not, so neither can have led to the other\n  \
         the first has seen event 3 of a, and the second only the first 2\n  \
         the second has seen events 1 to 4 of c, and the first none\n"
    );
    assert_eq!(
        told("a:1 b:2", "a=1,b=4"),
        "before: whatever the first has seen, the second has seen, and more\n  \
         the second has seen events 3 to 4 of b, and the first only the first 2\n"
    );
    assert!(told("{a:1}", "{}").starts_with("after: "));
    assert_eq!(told("a:1 b:2", "{b:2, a:1}"), "equal: they have seen the same events\n  each has 3 events\n");

    let json = output(&["clock", "compare", "--json", "a:1", "b:2"]);
    let line: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let expected = serde_json::json!({
        "relation": "concurrent", "left": {"a": 1}, "right": {"b": 2},
        "left_lacks": [{"actor": "b", "first": 1, "last": 2}],
        "right_lacks": [{"actor": "a", "first": 1, "last": 1}],
    });
    assert_eq!(line, expected);
}

#[test]
fn a_clock_that_cannot_be_read_is_told_with_its_column() {
    let told = output(&["clock", "compare", "{a:1}", "{a:1, b:x}"]);
    assert_eq!((told.status.code(), stdout(&told)), (Some(3), String::new()));
    assert!(stderr(&told).starts_with("error: the second clock: column 9: "), "{}", stderr(&told));
    assert!(stderr(&told).contains("hint: a clock is like {a:1, b:2}"), "{}", stderr(&told));
}

/// What the simulator exports, as it is written there, keeps the rules that are checked here.
#[test]
fn what_machines_leave_behind_could_have_happened() {
    let folder = TempDir::new().unwrap();
    let mut events = 0;
    for (machine, seed) in [("raft", "0"), ("raft", "1"), ("kv", "2"), ("kv", "3")] {
        let log = write(&folder, &format!("{machine}-{seed}.log"), "");
        let sim = output(&["sim", machine, "--seeds", "1", "--first", seed, "--export", &log]);
        assert!(sim.status.success(), "{}", stderr(&sim));
        let checked = output(&["clock", "check", "--json", &log]);
        assert_eq!(checked.status.code(), Some(0), "{}{}", stdout(&checked), stderr(&checked));
        let line: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
        assert_eq!(line["sound"], true, "{line}");
        let here = line["executions"][0]["events"].as_u64().unwrap();
        assert_eq!(here, fs::read_to_string(&log).unwrap().lines().count() as u64 / 2);
        events += here;
    }
    println!("{events} events");
    assert!(events > 500);
}

#[test]
fn a_broken_log_and_one_that_is_none_are_told_apart() {
    let folder = TempDir::new().unwrap();
    let sound = write(&folder, "sound.log", PING);
    let skips = write(&folder, "skips.log", &PING.replace("{\"alice\": 2", "{\"alice\": 3"));
    let told = output(&["clock", "check", &sound, &skips]);
    let expected = format!(
        "{sound}\ttrue\n  3 events at 2 hosts, 2 messages\n\
         {skips}\tfalse\n  3 events at 2 hosts, 2 messages\n  line 6: event 3 of alice comes where event 2 is next\n"
    );
    assert_eq!((told.status.code(), stdout(&told)), (Some(1), expected));

    let cut = write(&folder, "cut.log", &PING.replace(", \"bob\": 1}\nhears", ", \"bob\": 1\nhears"));
    let bytes = folder.path().join("bytes.log");
    fs::write(&bytes, b"asks\nalice {\"alice\": 1}\n\xff\n").unwrap();
    for (file, what) in [
        (cut.as_str(), "cut.log: line 4: column 26: `}` is missing"),
        (bytes.to_str().unwrap(), "bytes.log: line 3: this is not UTF-8"),
        ("nowhere.log", "nowhere.log: No such file"),
    ] {
        for command in ["check", "draw"] {
            let told = output(&["clock", command, file]);
            assert_eq!((told.status.code(), stdout(&told)), (Some(3), String::new()), "{file}");
            assert!(stderr(&told).contains(what), "{}", stderr(&told));
        }
    }
}

#[test]
fn a_picture_holds_every_event_and_message() {
    let folder = TempDir::new().unwrap();
    let log = write(&folder, "ping.log", PING);
    let out = folder.path().join("ping.svg");
    let drawn = output(&["clock", "draw", &log, "-o", out.to_str().unwrap()]);
    assert_eq!((drawn.status.code(), stderr(&drawn)), (Some(0), String::new()));
    let svg = fs::read_to_string(&out).unwrap();
    assert_eq!(stdout(&output(&["clock", "draw", &log])), svg);
    for (what, count) in [("<circle", 3), ("<g class=\"message", 2), ("<title>", 3), ("class=\"name", 2)] {
        assert_eq!(svg.matches(what).count(), count, "{what}");
    }
    assert!(svg.contains(
        "<title>bob:1 hears &lt;alice&gt; &amp; &quot;answers&quot;\n{alice:1, bob:1}\nline 4</title>"
    ));

    let broken = write(&folder, "broken.log", &PING.replace("{\"alice\": 2", "{\"alice\": 3"));
    let drawn = output(&["clock", "draw", &broken]);
    assert_eq!(drawn.status.code(), Some(0));
    assert!(stderr(&drawn).contains("line 6: event 3 of alice comes where event 2 is next"));
    assert_eq!(stdout(&drawn).matches("class=\"row bad\"").count(), 1);

    let two = write(&folder, "two.log", &format!("=== one ===\n{PING}=== other ===\nends\nz {{\"z\": 1}}\n"));
    let drawn = output(&["clock", "draw", "--execution", "2", &two]);
    assert!(stderr(&drawn).contains("this is execution 2 of 2"), "{}", stderr(&drawn));
    assert_eq!(stdout(&drawn).matches("<circle").count(), 1);
    let drawn = output(&["clock", "draw", "--execution", "3", &two]);
    assert_eq!(drawn.status.code(), Some(3));
    assert!(stderr(&drawn).contains("it has no execution 3"), "{}", stderr(&drawn));
}

/// As a file of its own, whose markup must be right to the letter, with names and texts that would like to be markup.
#[test]
fn a_browser_shows_the_picture() {
    let folder = TempDir::new().unwrap();
    let log = "]]></title><script>\u{1}\u{202e}\n</svg>&\" {\"</svg>&\\\"\": 1}\n";
    let log = write(&folder, "hostile.log", &format!("{PING}{log}"));
    let drawn = output(&["clock", "draw", &log]);
    assert_eq!((drawn.status.code(), stderr(&drawn)), (Some(0), String::new()));
    let mut address = String::new();
    for byte in drawn.stdout {
        write!(address, "%{byte:02x}").unwrap();
    }
    let page = format!(
        "<body><img src=\"data:image/svg+xml,{address}\" onerror=\"document.body.dataset.error = 1\" \
         onload=\"document.body.dataset.drawn = this.naturalWidth > 300\"></body>"
    );
    let Some(dom) = browse("clock-picture", &page, "") else {
        return println!("skipped: there is no chromium here");
    };
    assert!(dom.contains("data-drawn=\"true\""), "the picture is not drawn");
}
