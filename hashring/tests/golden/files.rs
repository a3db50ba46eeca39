//! Texts that were written once and shall be the same for ever.

use std::{env, fs, path::Path};

/// Compares with what is in the file, which is written anew only if somebody asks for it by `QUORATE_GOLDEN=write`.
#[allow(clippy::disallowed_methods, reason = "whether golden files are written is asked for from outside")]
pub(crate) fn is_as_written(file: &str, text: &str) -> Result<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    if env::var("QUORATE_GOLDEN").is_ok_and(|value| value == "write") {
        fs::write(&path, text).map_err(|error| error.to_string())?;
    }
    let written = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    for (number, (is, was)) in text.lines().zip(written.lines()).enumerate() {
        if is != was {
            return Err(format!("{file}, line {}: {was:?} was written, now it is {is:?}", number + 1));
        }
    }
    if text.lines().count() != written.lines().count() {
        return Err(format!("{file} has another number of lines"));
    }
    Ok(format!("{} lines of {file} are as they were", written.lines().count()))
}
