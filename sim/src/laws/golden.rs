use core::fmt::Write as _;
use std::path::PathBuf;

use crate::runner;

/// Encodings that must never change, since other versions read them: samples by name, and the file that keeps what each
/// of them was once encoded as. A text file, one sample a line: its name, a colon, its bytes in hexadecimal digits.
///
/// With `LAWS_BLESS=1` in the environment the file is written anew. That is right for a new sample, and wrong for one
/// that changes or goes, unless nobody has ever kept or sent such bytes.
///
/// ```no_run
/// use quorate_sim::laws::Golden;
///
/// let golden = Golden::in_file("tests/golden/version.hex") // beside the crate's tests
///     .sample("zero", 0_u64.to_le_bytes())
///     .sample("large", u64::MAX.to_le_bytes());
/// golden.check()?;
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is compared until it is checked"]
pub struct Golden {
    file: PathBuf,
    samples: Vec<(String, String)>,
    sealed: bool,
}

impl Golden {
    /// Kept in this file; a relative path begins at the crate whose tests run.
    pub fn in_file(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), samples: Vec::new(), sealed: false }
    }

    /// One more sample: a value's name, without a colon, and what it is encoded as now.
    pub fn sample(mut self, name: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        let hex = bytes.as_ref().iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        self.samples.push((name.into(), hex));
        self
    }

    /// Never written, even if asked to: for encodings that are known to be wrong.
    pub const fn sealed(mut self) -> Self {
        self.sealed = true;
        self
    }

    /// Compares the samples with the file.
    ///
    /// # Errors
    /// Which lines differ, and how to say that they should.
    pub fn check(&self) -> Result<(), String> {
        if let Some((name, _)) = self.samples.iter().find(|(name, _)| !is_fit(name)) {
            return Err(format!("no sample can be named {name:?}"));
        }
        let text = self.text();
        let kept = runner::golden(&self.file, Some(text.as_str()).filter(|_| !self.sealed))
            .map_err(|error| format!("{}: {error}", self.file.display()))?;
        if lines(&kept).eq(lines(&text)) {
            return Ok(());
        }
        let gone = lines(&kept).filter(|line| !lines(&text).any(|now| now == *line)).map(|line| ('-', line));
        let new = lines(&text).filter(|line| !lines(&kept).any(|was| was == *line)).map(|line| ('+', line));
        let mut difference = gone.chain(new).fold(String::new(), |mut all, (sign, line)| {
            let _ = write!(all, "\n{sign} {line}");
            all
        });
        if difference.is_empty() {
            difference.push_str("\n  the same lines in another order, or one of them twice");
        }
        Err(format!(
            "these encodings are not those in {}:{difference}\nif that is meant: LAWS_BLESS=1 cargo test golden",
            self.file.display()
        ))
    }

    fn text(&self) -> String {
        let head = "# Encodings that other versions read. They never change; new ones may be added.\n";
        self.samples.iter().fold(head.to_owned(), |mut text, (name, hex)| {
            let _ = writeln!(text, "{name}: {hex}");
            text
        })
    }
}

fn is_fit(name: &str) -> bool {
    !name.is_empty() && name.trim() == name && !name.starts_with('#') && !name.contains([':', '\n'])
}

/// The lines that say something.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}
