//! `quorate check` and `quorate history convert` on every format of recorded histories.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail loudly, too")]

mod common;

use std::{fs, process::Output};

use common::{output, stderr, stdout};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn check(arguments: &[&str]) -> (String, Option<i32>) {
    let told = output(&[&["check"], arguments].concat());
    (stdout(&told), told.status.code())
}

fn convert(arguments: &[&str]) -> Output {
    output(&[&["history", "convert"], arguments].concat())
}

const REGISTER: &str = "\
{\"quorate\": \"history\", \"version\": 1, \"model\": \"cas-register\", \"init\": 0}
{\"p\": 0, \"t\": \"invoke\", \"f\": \"read\"}
{\"p\": 0, \"t\": \"ok\", \"f\": \"read\", \"v\": 0}
";

#[test]
fn a_native_file_says_what_it_is() {
    let folder = Folder::new();
    let good = folder.write("good.jsonl", REGISTER);
    let bad = folder.write("bad.jsonl", REGISTER.replace("\"init\": 0", "\"init\": 1"));
    let counter = folder.write("counter.jsonl", REGISTER.replace("cas-register", "counter"));
    let told = format!("{good}\ttrue\n{bad}\tfalse\n{counter}\ttrue\n");
    assert_eq!(check(&[&good, &bad, &counter]), (told, Some(1)));
    // What is asked for on the command line is what counts.
    assert_eq!(check(&["--init", "1", &good]).1, Some(1));
    assert_eq!(check(&["--model", "set", &good]), (String::new(), Some(3)));
    let strange = folder.write("strange.jsonl", REGISTER.replace("cas-register", "teapot"));
    let silent = folder.write("silent.jsonl", REGISTER.replace(", \"model\": \"cas-register\"", ""));
    assert_eq!(check(&[&strange, &silent, &good]), (format!("{good}\ttrue\n"), Some(3)));
    let why = stderr(&output(&["check", &strange, &silent]));
    assert!(why.contains("a history of teapot, which is no model"), "{why}");
    assert!(why.contains("silent.jsonl: it does not say what it is a history of"), "{why}");
    let unfit = folder.write("unfit.jsonl", REGISTER.replace("cas-register", "queue"));
    let why = stderr(&output(&["check", &unfit]));
    assert!(why.contains("unfit.jsonl: --init 0 does not fit the model"), "{why}");
}

/// Two sessions: the second sees the later of two transactions of the first, and then the earlier one.
const SESSIONS: [(&str, &str); 3] = [
    ("back.txt", "w 0 1\n-----\nw 0 2\n=====\nr 0 2\n-----\nr 0 1\n"),
    ("back.plume", "w(0,1,0,0)\nw(0,2,0,1)\nr(0,2,1,2)\nr(0,1,1,3)\n"),
    (
        "back.json",
        r#"[[{"events": [{"Write": {"variable": 0, "version": 1}}], "committed": true},
             {"events": [{"Write": {"variable": 0, "version": 2}}], "committed": true}],
            [{"events": [{"Read": {"variable": 0, "version": 2}}], "committed": true},
             {"events": [["r", 0, 1]], "committed": true}]]"#,
    ),
];

#[test]
fn sessions_of_transactions_are_judged_by_level_in_every_format() {
    let folder = Folder::new();
    let files = SESSIONS.map(|(name, text)| folder.write(name, text));
    let all: Vec<_> = files.iter().map(String::as_str).collect();
    let line = |file: &String, verdict: &str| format!("{file}\t{verdict}\n");
    let lines = |verdict: &str| files.iter().map(|file| line(file, verdict)).collect::<Vec<_>>().concat();
    for (level, verdict, code) in
        [("read-committed", "true", 0), ("read-atomic", "true", 0), ("causal", "false", 1)]
    {
        let arguments = [&["--model", "rw-register", "--level", level], &all[..]].concat();
        assert_eq!(check(&arguments), (lines(verdict), Some(code)), "{level}");
    }
    // There is nothing else that they could be of.
    assert_eq!(check(&all), (lines("false"), Some(1)));
    assert_eq!(check(&["--model", "register", &files[1]]), (String::new(), Some(3)));
    for (file, format) in files.iter().zip(["awdit", "plume", "dbcop"]) {
        assert_eq!(check(&["--model", "rw-register", "--format", format, file]).1, Some(1));
        for (to, again) in ["awdit", "plume", "dbcop", "native"].map(|to| (to, folder.0.path().join(to))) {
            let again = again.to_str().unwrap();
            let converted = convert(&["--to", to, "--model", "rw-register", file, again]);
            assert!(converted.status.success(), "{}", stderr(&converted));
            assert_eq!(check(&["--level", "causal", again]).1, Some(1), "{format} as {to}");
            assert_eq!(check(&["--level", "read-committed", again]).1, Some(0), "{format} as {to}");
        }
        let refused = convert(&["--to", "edn", file]);
        assert_eq!((refused.status.code(), stdout(&refused)), (Some(1), String::new()));
        assert!(stderr(&refused).contains("sessions without an order in time"), "{}", stderr(&refused));
    }
}

#[test]
fn what_came_before_what_is_not_forgotten_by_accident() {
    let folder = Folder::new();
    let txn =
        |kind, value| format!("{{:process 0, :type :{kind}, :f :txn, :value [[:w 1 2] [:r 1 {value}]]}}\n");
    let file = folder.write("txns.edn", txn("invoke", "nil") + &txn("ok", "2"));
    let refused = convert(&["--to", "plume", &file]);
    assert!(stderr(&refused).contains("what came before what in time"), "{}", stderr(&refused));
    let told = convert(&["--to", "plume", "--forget-time", &file]);
    assert_eq!(stdout(&told), "w(1,2,0,0)\nr(1,2,0,0)\n");
    let native = convert(&["--to", "native", "--forget-time", "--model", "list-append", &file]);
    assert!(stdout(&native).starts_with(
        "{\"quorate\": \"history\", \"version\": 1, \"model\": \"list-append\", \"order\": \"sessions\"}\n"
    ));
    // An object is judged by time, weaker models are not.
    let single = REGISTER.replace("\"init\": 0", "\"init\": 0, \"order\": \"sessions\"");
    let single = folder.write("single.jsonl", single);
    assert_eq!(check(&[&single]), (String::new(), Some(3)));
    assert_eq!(check(&["--model", "causal", &single]), (format!("{single}\ttrue\n"), Some(0)));
}

#[test]
fn native_holds_what_a_log_says() {
    let folder = Folder::new();
    let log = "INFO  jepsen.util - 0\t:invoke\t:cas\t[nil 1]\nINFO  jepsen.util - 0\t:fail\t:cas\t[nil 1]\n";
    let log = folder.write("etcd.log", log);
    let native = folder.0.path().join("native");
    let native = native.to_str().unwrap();
    let told = convert(&["--to", "native", "--model", "cas-register", "--init", "nil", &log, native]);
    assert_eq!((stdout(&told), stderr(&told), told.status.code()), (String::new(), String::new(), Some(0)));
    // That it found another value, which it cannot have.
    for arguments in [&["--model", "cas-register", &log][..], &[native]] {
        assert_eq!(check(arguments).1, Some(1), "{arguments:?}");
    }
    assert_eq!(check(&["--failed-cas", "not-done", native]).1, Some(0));
    let kv = "{:process 0, :type :invoke, :f :get, :key \"k\", :value nil}\n{:process 0, :type :ok, :f :get, :key \"k\", :value \"\"}\n";
    let kv = folder.write("kv.txt", kv);
    assert!(convert(&["--format", "porcupine-kv", "--to", "native", &kv, native]).status.success());
    assert_eq!(check(&[native]), (format!("{native}\ttrue\n"), Some(0)));
    let back = convert(&["--to", "porcupine-kv", native]);
    assert!(
        stdout(&back).ends_with(
            ":f :get, :value \"\", :key \"k\"}
"
        ),
        "{}",
        stdout(&back)
    );
}

#[test]
fn independent_keys_are_objects_of_their_own() {
    let folder = Folder::new();
    let op = |process: u64, f: &str, asked: &str, got: &str| {
        format!(
            "{{:process {process}, :type :invoke, :f :{f}, :value {asked}}}\n{{:process {process}, :type :ok, :f :{f}, :value {got}}}\n"
        )
    };
    let good = op(0, "write", "[:x 1]", "[:x 1]") + &op(0, "read", "[:y nil]", "[:y nil]");
    let good = good + &op(1, "cas", "[:x [1 2]]", "[:x [1 2]]") + &op(0, "read", "[:x nil]", "[:x 2]");
    let good = folder.write("good.edn", good);
    let bad = op(0, "write", "[:x 1]", "[:x 1]") + &op(0, "read", "[:y nil]", "[:y 1]");
    let bad = folder.write("bad.edn", bad);
    let told = format!("{good}\ttrue\n{bad}\tfalse\n");
    assert_eq!(check(&["--model", "cas-register", &good, &bad]), (told, Some(1)));
    let why = check(&["--model", "register", "--explain", &bad]).0;
    assert!(why.contains("no order of key :y explains line 4"), "{why}");
    // The same with the keys beside the values.
    let beside = "{\"process\": 0, \"type\": \"invoke\", \"f\": \"add\", \"key\": 1, \"value\": 7}
        {\"process\": 0, \"type\": \"ok\", \"f\": \"add\", \"key\": 1, \"value\": 7}
        {\"process\": 0, \"type\": \"invoke\", \"f\": \"read\", \"key\": 2}
        {\"process\": 0, \"type\": \"ok\", \"f\": \"read\", \"key\": 2, \"value\": []}";
    let beside = folder.write("beside.json", beside);
    assert_eq!(check(&["--model", "set", &beside]).1, Some(0));
    let small = folder.0.path().join("small.edn");
    let small = small.to_str().unwrap();
    assert_eq!(check(&["--model", "cas-register", "--minimize", small, &bad]).1, Some(1));
    assert_eq!(check(&["--model", "cas-register", small]).1, Some(1), "what proves it proves it");
}

#[test]
fn sessions_are_judged_by_versions() {
    let folder = Folder::new();
    let op = |process: u64, f: &str, got: &str| {
        format!(
            "{{:process {process}, :type :invoke, :f :{f}, :key :x, :value nil}}\n{{:process {process}, :type :ok, :f :{f}, :key :x, :value {got}}}\n"
        )
    };
    let good = folder.write("good.edn", op(0, "write", "1") + &op(0, "read", "[1]"));
    let bad = folder.write("bad.edn", op(0, "write", "1") + &op(0, "read", "[]"));
    let twice = folder.write("twice.edn", op(0, "write", "1") + &op(1, "write", "1"));
    let told = format!(
        "{good}\ttrue\n{bad}\tfalse\n  not read your writes: line 3 does not cover line 1, although line 1 asks for it\n"
    );
    assert_eq!(check(&["--model", "versioned-sessions", "--explain", &good, &bad, &twice]), (told, Some(3)));
    let why = stderr(&output(&["check", "--model", "versioned-sessions", &twice]));
    assert!(why.contains("twice.edn: line 3: installs the same version as line 1"), "{why}");
}

#[test]
fn whatever_a_file_holds_it_is_judged_whole_or_not_at_all() {
    let folder = Folder::new();
    let entry = "{:process 0, :type :invoke, :f :read, :value nil}\n";
    for (name, bytes, line) in [
        ("utf8.edn", [entry.as_bytes(), b"{:process 1\xff}"].concat(), "line 2: this is not UTF-8"),
        (
            "deep.edn",
            [entry, "\n", &"[".repeat(5_000_000)].concat().into_bytes(),
            "line 3: values are nested",
        ),
        ("nul.edn", [entry, "\0\n"].concat().into_bytes(), "line 2: "),
        ("empty.jsonl", REGISTER.lines().next().unwrap().into(), "line 1: there are no operations"),
        ("empty.txt", b"-----\n=====\n".to_vec(), "line 1: there are no operations"),
        ("cut.plume", b"w(0,1,0,0)\nw(0,2,0,".to_vec(), "line 2: an entry needs to be `w(KEY"),
        ("cut.json", b"[[{\"events\": [], \"committed\": true}\n".to_vec(), "line 2: this is not JSON"),
        ("cut.jsonl", [REGISTER, "{\"p\": 0"].concat().into_bytes(), "line 4: this is not JSON"),
    ] {
        let file = folder.write(name, bytes);
        let told = output(&["check", "--model", "register", &file]);
        let transactions = output(&["check", "--model", "rw-register", &file]);
        assert_eq!((stdout(&told), told.status.code()), (String::new(), Some(3)), "{name}");
        assert_eq!(transactions.status.code(), Some(3), "{name}");
        let why = stderr(&transactions);
        assert!(why.contains(&format!("{file}: {line}")), "{line} is not in {why}");
    }
    let marked = format!("\u{feff}{}", entry.replace('\n', "\r\n"));
    assert_eq!(check(&["--model", "register", &folder.write("marked.edn", marked)]).1, Some(0));
    let nemesis =
        format!("{{:process :nemesis, :type :info, :f :kill, :value {{\"n1\" 0.5}}, :time 1.5}}\n{entry}");
    assert_eq!(check(&["--model", "register", &folder.write("nemesis.edn", nemesis)]).1, Some(0));
}
