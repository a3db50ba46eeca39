//! `quorate check` with what it tells of a violation: reasons, timelines, pages, and the part that proves it.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail loudly, too")]

mod common;

use std::{fs, path::PathBuf, process::Output};

use common::{output, stderr, stdout};
use tempfile::TempDir;

/// A write, a write that may still come, and a read of what was there at first.
const STALE: &str = "\
{:process 0, :type :invoke, :f :write, :value 7}
{:process 0, :type :ok, :f :write, :value 7}
{:process 3, :type :invoke, :f :read, :value nil}
{:process 3, :type :ok, :f :read, :value 7}
{:process 0, :type :invoke, :f :write, :value 1}
{:process 0, :type :ok, :f :write, :value 1}
{:process 1, :type :invoke, :f :write, :value 2}
{:process 2, :type :invoke, :f :read, :value nil}
{:process 2, :type :ok, :f :read, :value 7}
{:process 2, :type :invoke, :f :read, :value nil}
";

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn name(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        self.name(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
}

fn check(arguments: &[&str]) -> Output {
    let mut all = vec!["check", "--model", "cas-register"];
    all.extend(arguments);
    output(&all)
}

#[test]
fn reasons_and_a_timeline_are_told() {
    let folder = Folder::new();
    let bad = folder.write("bad.edn", STALE);
    let told = check(&["--explain", &bad]);
    let text = stdout(&told);
    println!("{text}");
    assert_eq!(told.status.code(), Some(1));
    for part in [
        "  1; still to come: `write 2` (line 7)",
        "`read` cannot return 7: the register holds 1",
        "`write 2` leads to 2",
        "`read` cannot return 7: the register holds 2",
        "process 2",
        "read → 7",
        "╞═",
        "operations not shown: 1 later",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn a_page_is_drawn() {
    let folder = Folder::new();
    let bad = folder.write("bad.edn", STALE);
    let out = folder.name("why.html");
    let told = check(&["--html", &out, &bad]);
    assert_eq!((told.status.code(), stdout(&told)), (Some(1), format!("{bad}\tfalse\n")));
    let page = folder.read("why.html");
    assert!(page.starts_with("<!doctype html>") && page.contains("the register holds 1"));
    assert!(page.contains("lines 8 and 9"), "where the culprit was written down");
    assert_eq!(check(&["--html", &out, &bad]).status.code(), Some(1));
    assert_eq!(folder.read("why.html"), page, "the same every time");
}

#[test]
fn what_proves_it_is_written_in_the_format_of_the_history() {
    let folder = Folder::new();
    let bad = folder.write("bad.edn", STALE);
    let out = folder.name("small.edn");
    let told = check(&["--minimize", &out, &bad]);
    assert_eq!((told.status.code(), stdout(&told)), (Some(1), format!("{bad}\tfalse\n")));
    let remark = "2 of 6 operations are enough to see the violation; all of them are needed";
    assert!(stderr(&told).contains(remark), "{}", stderr(&told));
    let expected = "\
{:process 0, :type :invoke, :f :write, :value 1}
{:process 0, :type :ok, :f :write, :value 1}
{:process 2, :type :invoke, :f :read, :value nil}
{:process 2, :type :ok, :f :read, :value 7}
";
    assert_eq!(folder.read("small.edn"), expected);
    assert_eq!(check(&[&out]).status.code(), Some(1), "it is a violation still");

    let json = r#"[{"process": 0, "type": "invoke", "f": "write", "value": "a\"b"},
{"process": 0, "type": "ok", "f": "write", "value": "a\"b"},
{"process": 0, "type": "invoke", "f": "read"}, {"process": 0, "type": "ok", "f": "read", "value": "a\"b"},
{"process": 1, "type": "invoke", "f": "read"}, {"process": 1, "type": "ok", "f": "read", "value": null}]"#;
    let bad = folder.write("bad.json", json);
    let out = folder.name("small.json");
    assert_eq!(check(&["--minimize", &out, &bad]).status.code(), Some(1));
    let first = r#"{"process": 0, "type": "invoke", "f": "write", "value": "a\"b"}"#;
    assert_eq!(folder.read("small.json").lines().next(), Some(first));
    assert_eq!(check(&[&out]).status.code(), Some(1));

    let log = "INFO  jepsen.util - 0 :invoke :cas [nil 1]\nINFO  jepsen.util - 0 :fail :cas [nil 1]\n\
        INFO  jepsen.util - 1 :invoke :read nil\n";
    let bad = folder.write("bad.log", log);
    let out = folder.name("small.log");
    assert_eq!(check(&["--minimize", &out, &bad]).status.code(), Some(1));
    assert_eq!(folder.read("small.log").lines().count(), 2);
    assert_eq!(check(&[&out]).status.code(), Some(1), "what failed means the same there");
}

#[test]
fn too_few_steps_to_make_it_small_are_said() {
    let folder = Folder::new();
    let bad = folder.write("bad.edn", STALE);
    let told = check(&["--steps", "26", "--minimize", &folder.name("small.edn"), &bad]);
    assert_eq!(told.status.code(), Some(1));
    assert!(stderr(&told).contains("more steps might find fewer"), "{}", stderr(&told));
    assert_eq!(check(&[&folder.name("small.edn")]).status.code(), Some(1));
}

#[test]
fn nothing_is_written_where_there_is_nothing_to_tell_and_failures_are_said() {
    let folder = Folder::new();
    let good = folder.write("good.edn", &STALE[..STALE.find("{:process 2").unwrap()]);
    let bad = folder.write("bad.edn", STALE);
    let out = folder.name("why.html");
    let told = check(&["--html", &out, &good]);
    assert_eq!((told.status.code(), stdout(&told)), (Some(0), format!("{good}\ttrue\n")));
    assert!(stderr(&told).contains("no violation was found"), "{}", stderr(&told));
    assert!(!folder.path("why.html").exists());

    let two = check(&["--html", &out, &good, &bad]);
    assert_eq!((two.status.code(), stdout(&two)), (Some(1), String::new()));
    assert!(stderr(&two).contains("one history at a time"), "{}", stderr(&two));

    let nowhere = check(&["--html", &folder.name("none/why.html"), &bad]);
    assert_eq!((nowhere.status.code(), stdout(&nowhere)), (Some(3), format!("{bad}\tfalse\n")));
    assert!(stderr(&nowhere).contains("No such file"), "{}", stderr(&nowhere));
}

#[test]
fn anomalies_of_transactions_are_drawn() {
    let folder = Folder::new();
    let txns = folder.write(
        "skew.edn",
        "{:process 0, :type :invoke, :f :txn, :value [[:append x 1] [:append y 1]]}
{:process 1, :type :invoke, :f :txn, :value [[:r x nil] [:r y nil]]}
{:process 0, :type :ok, :f :txn, :value [[:append x 1] [:append y 1]]}
{:process 1, :type :ok, :f :txn, :value [[:r x [1]] [:r y []]]}
{:process 2, :type :invoke, :f :txn, :value [[:r y nil]]}
{:process 2, :type :ok, :f :txn, :value [[:r y [1]]]}
",
    );
    let out = folder.name("why.html");
    let told = output(&["check", "--model", "list-append", "--html", &out, &txns]);
    assert_eq!(told.status.code(), Some(1), "{}", stderr(&told));
    let page = folder.read("why.html");
    for part in ["<h2>G-single</h2>", "read :x [1]", "line 2", "class=\"arrow back"] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    let levels =
        output(&["check", "--model", "rw-register", "--level", "serializable", "--html", &out, &txns]);
    assert_eq!(levels.status.code(), Some(1));
    assert!(stderr(&levels).contains("--html is for"), "{}", stderr(&levels));
}
