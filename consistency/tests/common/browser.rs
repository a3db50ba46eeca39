//! Pages in a real browser.
#![allow(unreachable_pub, reason = "several test binaries have this file")]
#![allow(clippy::disallowed_methods, reason = "a browser is a process of its own")]

use std::{env, fs, path::PathBuf, process::Command};

/// What the page looks like to Chromium when its scripts have run, in a folder of this name. `None` if there is no Chromium
/// here.
///
/// # Panics
/// If a script complained or failed.
pub fn browse(name: &str, html: &str, fragment: &str) -> Option<String> {
    let paths = env::var_os("PATH").unwrap_or_default();
    let chromium = env::split_paths(&paths).map(|path| path.join("chromium")).find(|path| path.is_file())?;
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    // What is left of an earlier browser can keep this one from starting.
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).expect("a folder");
    let page = folder.join("page.html");
    fs::write(&page, html).expect("a page");
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}#{fragment}", page.display()))
        .output()
        .expect("chromium runs");
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!complaints.contains(":CONSOLE"), "{complaints}");
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(dom.contains("</html>"), "no page: {complaints}");
    assert!(!dom.contains("data-error"), "the script failed: {dom}");
    Some(dom)
}
