//! What a file of golden bytes is compared with, and what is said when they differ.

use quorate_sim::laws::Golden;

const FILE: &str = "tests/golden/register.hex";
const ZERO: [u8; 16] = [0; 16];
const VERSION: [u8; 16] = [2, 1, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0];

fn golden(file: &str, samples: &[(&str, [u8; 16])]) -> Result<(), String> {
    let golden = Golden::in_file(file).sealed(); // what is wrong on purpose is never written
    samples.iter().fold(golden, |golden, (name, bytes)| golden.sample(*name, bytes)).check()
}

#[test]
fn what_differs_is_told_line_by_line() {
    let (zero, version) = (("the version before the first", ZERO), ("a version", VERSION));
    assert_eq!(golden(FILE, &[zero, version]), Ok(()));

    let says = |samples: &[_], lines: &[&str]| {
        let why = golden(FILE, samples).expect_err("they differ");
        assert!(lines.iter().all(|line| why.contains(line)), "{why}");
        assert!(why.contains("LAWS_BLESS=1 cargo test golden"), "{why}");
    };
    let changed = ("a version", ZERO);
    says(&[zero, changed], &["\n- a version: 0201", "\n+ a version: 0000"]);
    says(&[zero], &["\n- a version: 0201"]);
    says(&[zero, version, ("another", ZERO)], &["\n+ another: 0000"]);
    says(&[version, zero], &["in another order"]);
}

#[test]
fn a_file_that_is_missing_holds_nothing() {
    let why = golden("tests/golden/none.hex", &[("a version", VERSION)]).expect_err("there is none");
    assert!(why.contains("\n+ a version: 0201"), "{why}");
}

#[test]
fn a_name_that_cannot_be_read_back_is_refused() {
    for name in ["", " a", "a:b", "a\nb", "#a"] {
        assert!(golden(FILE, &[(name, ZERO)]).is_err_and(|why| why.contains("can be named")), "{name:?}");
    }
}
