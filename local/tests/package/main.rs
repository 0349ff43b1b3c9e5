//! `reeldrop package` by its command line.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod keys;
mod streams;

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

const KEY: [&str; 4] = [
    "--key",
    "87237d20a19f58a740c05684e699b4aa",
    "--kid",
    "a16e402b9056e371f36d348aa62bb749",
];

fn clip(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("REELDROP_TEST_MEDIA") else {
        eprintln!("skipped: REELDROP_TEST_MEDIA does not name the folder of test clips");
        return None;
    };
    Some(Path::new(&folder).join(name))
}

/// Runs it with `input` on standard input.
fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_reeldrop"))
        .arg("package")
        .args(arguments)
        .env_remove("REELDROP_KEY")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // It may end before it has read all.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs it, and it must succeed.
fn done(arguments: &[&str], input: &[u8]) -> Output {
    let output = run(arguments, input);
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    output
}

/// Every file of a folder of folders.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push((
                    path.strip_prefix(folder).unwrap().to_owned(),
                    fs::read(&path).unwrap(),
                )),
            }
        }
    }
    found.sort();
    found
}
