//! `quorate history`, on files.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail loudly, too")]

mod common;

use std::fs;

use common::{output, stderr, stdout};
use tempfile::TempDir;

const HISTORY: &str = "\
{:process 0, :type :invoke, :f :write, :value 1}
{:process 1, :type :invoke, :f :read, :value nil}
{:process 2, :type :invoke, :f :cas, :value [1 2]}
{:process 1, :type :ok, :f :read, :value 1}
{:process 0, :type :info, :f :write, :value 1}
{:process 1, :type :invoke, :f :read, :value nil}
{:process 2, :type :fail, :f :cas, :value [1 2]}
";

fn write(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_a_history_holds_is_counted() {
    let folder = TempDir::new().unwrap();
    let file = write(&folder, "history.edn", HISTORY);
    let told = output(&["history", "stats", &file]);
    assert_eq!(told.status.code(), Some(0), "{}", stderr(&told));
    let expected = format!(
        "{file}
  operations   4: 1 returned, 1 failed, 2 pending
               1 cas, 2 read, 1 write
  processes    3
  at once      2, with pending ones 3
"
    );
    assert_eq!(stdout(&told), expected);
    let json = output(&["history", "stats", "--json", &file]);
    let line: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&line["operations"], &line["by_operation"]["read"]), (&4.into(), &2.into()));

    let twice =
        write(&folder, "twice.edn", &HISTORY.replace(":process 2, :type :fail", ":process 1, :type :invoke"));
    let told = output(&["history", "stats", &twice, &file]);
    assert_eq!((told.status.code(), stdout(&told)), (Some(3), expected));
    assert!(
        stderr(&told).contains("twice.edn: line 7: its process has an operation open"),
        "{}",
        stderr(&told)
    );
}

#[test]
fn a_history_is_converted_there_and_back() {
    let folder = TempDir::new().unwrap();
    let file = write(&folder, "history.edn", HISTORY);
    for format in ["json", "etcd", "edn"] {
        let there = folder.path().join(format);
        let there = there.to_str().unwrap();
        assert_eq!(output(&["history", "convert", "--to", format, &file, there]).status.code(), Some(0));
        let back = output(&["history", "convert", "--format", format, "--to", "edn", there]);
        assert_eq!((stdout(&back), back.status.code()), (HISTORY.to_owned(), Some(0)), "{format}");
    }
}

#[test]
fn what_a_format_cannot_hold_is_not_lost() {
    let folder = TempDir::new().unwrap();
    let word =
        write(&folder, "word.edn", &format!("{HISTORY}{{:process 9, :type :invoke, :f :x, :value :y}}\n"));
    let out = folder.path().join("out");
    let told = output(&["history", "convert", "--to", "json", &word, out.to_str().unwrap()]);
    assert_eq!(told.status.code(), Some(1));
    assert!(stderr(&told).contains("line 8: that format cannot hold this entry"), "{}", stderr(&told));
    assert!(!out.exists());
    let key = write(&folder, "key.edn", "{:process 9, :type :invoke, :f :get, :value nil, :key 1}\n");
    assert_eq!(output(&["history", "convert", "--to", "etcd", &key]).status.code(), Some(1));
    let json = output(&["history", "convert", "--to", "json", &key]);
    assert_eq!(
        stdout(&json),
        "{\"process\": 9, \"type\": \"invoke\", \"f\": \"get\", \"value\": null, \"key\": 1}\n"
    );
}
