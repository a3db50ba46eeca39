//! Every input of a corpus through its target, on stable Rust and without a fuzzer.

use std::{fs, panic, path::Path};

/// Runs `target` on every file of `fuzz/corpus/<corpus>`.
///
/// # Panics
/// If there is no such file, or if the target panics on one: it names them all.
pub(crate) fn replay(corpus: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(corpus);
    let entries = fs::read_dir(&folder).expect("the corpus is a folder");
    let mut inputs: Vec<_> = entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "{} is empty", folder.display());
    let fails = |input: &&std::path::PathBuf| {
        let bytes = fs::read(input).expect("an input can be read");
        panic::catch_unwind(|| target(&bytes)).is_err()
    };
    let failed: Vec<_> = inputs.iter().filter(fails).collect();
    assert!(failed.is_empty(), "of {} inputs, these fail: {failed:#?}", inputs.len());
}
