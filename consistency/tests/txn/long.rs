//! Long histories of transactions: no recursion, and how fast they are judged.

use crate::common::{
    Rng,
    txn::{Kind, Shape, as_registers, lists},
};
use quorate_consistency::txn::{
    Level, Options, WeakOptions, check_list_append, check_rw_register, check_weak,
};

const LONG: Shape = Shape {
    transactions: 50_000,
    keys: 250,
    ops: 4,
    processes: 20,
    aborted_percent: 2,
    unknown_percent: 0,
    is_read_at_end: true,
};

#[test]
fn long_histories_do_not_overflow_the_stack() {
    let run = || {
        for kind in [Kind::Right, Kind::Loose] {
            let history = lists(&mut Rng(1), kind, LONG);
            let report = check_list_append(&history, Options::default()).unwrap();
            println!("{kind:?}: {:?}", report.anomalies());
            assert_eq!(report.findings.is_empty(), kind == Kind::Right);
            let registers = as_registers(&history);
            for keys in 0..3 {
                let mut options = Options::default();
                (options.sequential_keys, options.linearizable_keys) = (keys == 1, keys == 2);
                let report = check_rw_register(&registers, options).unwrap();
                println!("{kind:?}, {options:?}: {:?}", report.anomalies());
                assert_eq!(report.findings.is_empty(), kind == Kind::Right);
                assert!(!report.is_truncated);
            }
            for level in Level::ALL {
                let report = check_weak(&registers, level, WeakOptions::default()).unwrap();
                println!("{kind:?}, {level:?}: {} violations", report.violations.len());
            }
        }
    };
    std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap().join().unwrap();
}
