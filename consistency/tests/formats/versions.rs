//! Sessions of a store that says which versions its answers cover.

use quorate_consistency::{
    Guarantee, Guarantees, SessionAction, VersionedHistory,
    format::{Format, Value, assemble_versions, read},
};

fn line(process: u64, kind: &str, f: &str, value: &str) -> String {
    format!("{{:process {process}, :type :{kind}, :f :{f}, :key :x, :value {value}}}\n")
}

fn broken(text: &str) -> Vec<(Guarantee, usize, usize)> {
    let versions = assemble_versions(&read(text, Format::Edn).unwrap()).unwrap();
    let history = VersionedHistory::new(&versions.ops).unwrap();
    let violations = history.check(Guarantees::ALL).err().unwrap_or_default();
    violations.iter().map(|it| (it.guarantee, versions.lines[it.read], versions.lines[it.write])).collect()
}

#[test]
fn guarantees_are_judged_by_lines() {
    let write = line(0, "invoke", "write", "nil") + &line(0, "ok", "write", "[:a 1]");
    let read_of =
        |process, seen: &str| line(process, "invoke", "read", "nil") + &line(process, "ok", "read", seen);
    assert_eq!(broken(&(write.clone() + &read_of(0, "[[:a 1]]"))), []);
    assert_eq!(broken(&(write.clone() + &read_of(0, "[]"))), [(Guarantee::ReadYourWrites, 3, 1)]);
    assert_eq!(broken(&(write.clone() + &read_of(1, "[]"))), []);
    let back = write + &read_of(1, "#{[:a 1]}") + &read_of(1, "[]");
    assert_eq!(broken(&back), [(Guarantee::MonotonicReads, 5, 1)]);
}

#[test]
fn what_did_not_return_is_left_out_unless_its_version_is_known() {
    let actions = |text: &str| assemble_versions(&read(text, Format::Edn).unwrap()).unwrap().ops;
    let open = line(0, "invoke", "write", "nil") + &line(1, "invoke", "read", "nil");
    assert_eq!(actions(&(open.clone() + &line(0, "info", "write", "nil"))).len(), 0);
    let named = actions(&(line(0, "invoke", "write", "7") + &line(0, "info", "write", ":timeout")));
    assert_eq!(named[0].action, SessionAction::Wrote(Value::Int(7)));
    assert_eq!(actions(&(line(0, "invoke", "write", "7") + &line(0, "fail", "write", "7"))).len(), 0);
    for (bad, at) in [
        (line(0, "invoke", "cas", "nil"), 1),
        (open.clone() + &line(0, "invoke", "read", "nil"), 3),
        (open.clone() + &line(2, "ok", "read", "nil"), 3),
        (open.clone() + &line(0, "ok", "read", "nil"), 3),
        (open + &line(1, "ok", "read", "7"), 3),
    ] {
        assert_eq!(assemble_versions(&read(&bad, Format::Edn).unwrap()).unwrap_err().line, at, "{bad}");
    }
}
