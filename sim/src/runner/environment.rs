//! What the environment asks for, and where plans that fail are kept.

use core::fmt;
use std::{
    env, fs, io,
    path::{Path, PathBuf},
    thread,
};

use crate::{plan::Plan, runner::corpus::read_plan};

pub(super) enum Wanted {
    Plan(PathBuf, Box<Plan>),
    Seed(u64),
    Everything,
}

impl Wanted {
    #[expect(
        clippy::panic,
        reason = "a replay that was asked for and cannot be read must not pass as a green test"
    )]
    pub(super) fn from_environment() -> Self {
        if let Ok(path) = env::var("SIM_PLAN") {
            return match read_plan(Path::new(&path)) {
                Ok(plan) => Self::Plan(path.into(), Box::new(plan)),
                Err(error) => panic!("SIM_PLAN: {error}"),
            };
        }
        match env::var("SIM_SEED").map(|seed| seed.parse()) {
            Ok(Ok(seed)) => Self::Seed(seed),
            Ok(Err(error)) => panic!("SIM_SEED: {error}"),
            Err(_) => Self::Everything,
        }
    }
}

/// Writes the plan where builds leave their files, or else where everybody does. None if that fails: it is printed too.
pub(super) fn keep_plan(seed: u64, plan: &Plan) -> Option<PathBuf> {
    let names = [package(), test(), Some(seed.to_string())];
    let name: String = names.into_iter().flatten().collect::<Vec<_>>().join("-");
    let name = name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    let folder = target_folder().unwrap_or_else(env::temp_dir);
    fs::create_dir_all(&folder).ok()?;
    let file = folder.join(name).with_extension("plan");
    fs::write(&file, plan.to_string()).ok()?;
    Some(file)
}

/// Writes the page that shows a failing run beside the file of its plan.
pub(super) fn keep_picture(plan: &Path, page: &str) -> Option<PathBuf> {
    let file = plan.with_extension("html");
    fs::write(&file, page).ok()?;
    Some(file)
}

/// The folder for files of tests, if this is one.
fn target_folder() -> Option<PathBuf> {
    let test = env::current_exe().ok()?;
    let built = test.parent().filter(|folder| folder.ends_with("deps"))?;
    Some(built.parent()?.parent()?.join("tmp"))
}

/// One command that runs the plan again.
pub(super) fn replay(file: Option<&Path>) -> String {
    let package = package().map(|package| format!(" -p {package}")).unwrap_or_default();
    let test = test().map(|test| format!(" {test}")).unwrap_or_default();
    match file.map(|file| file.display().to_string()) {
        Some(file) if file.contains(char::is_whitespace) => {
            format!("SIM_PLAN='{file}' cargo test{package}{test}")
        }
        Some(file) => format!("SIM_PLAN={file} cargo test{package}{test}"),
        None => format!("save the plan as FILE, then SIM_PLAN=FILE cargo test{package}{test}"),
    }
}

fn package() -> Option<String> {
    env::var("CARGO_PKG_NAME").ok()
}

fn test() -> Option<String> {
    thread::current().name().filter(|name| *name != "main").map(str::to_owned)
}

/// Which seed alone the laws are to be tried under.
#[expect(
    clippy::panic,
    reason = "a replay that was asked for and cannot be read must not pass as a green test"
)]
pub(crate) fn laws_seed() -> Option<u64> {
    let seed = env::var("LAWS_SEED").ok()?;
    match seed.parse() {
        Ok(seed) => Some(seed),
        Err(error) => panic!("LAWS_SEED: {error}"),
    }
}

/// What a file of golden bytes holds, nothing if there is none. With `LAWS_BLESS` in the environment it is given the new
/// text first.
pub(crate) fn golden(file: &Path, new: Option<&str>) -> io::Result<String> {
    if let Some(new) = new.filter(|_| env::var_os("LAWS_BLESS").is_some()) {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(file, new)?;
    }
    match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => read,
    }
}

/// Tells whoever reads the output of a test.
#[expect(clippy::print_stdout, reason = "laws run as tests, and a claim that is not made must be seen")]
pub(crate) fn say(what: fmt::Arguments<'_>) {
    println!("{what}");
}
