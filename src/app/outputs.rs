//! The outputs of a command, looked at before anything runs: what is lost cannot be had back, and what cannot be written
//! should not be worked for.
//!
//! Files are told apart by what they are and not by their names: `x`, `./x` and links to it are one file.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::replay_files::is_standard;
use crate::cli::files::{Files, Named};

/// Links that are followed to a file that is not there yet.
const LINKS_MOST: usize = 40;

/// Where an output goes.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    StandardOutput,
    /// A file or folder that is there.
    File {
        device: u64,
        number: u64,
    },
    /// A file that is made.
    New(PathBuf),
}

/// Checks that every output is a file of its own and can be written, and changes none. Errors name the option, and the other
/// one where a file is read too, or written twice.
pub fn check(files: &Files<'_>) -> Result<(), String> {
    let read = files.read.iter().filter(|(_, path)| !is_standard(path));
    let read: Vec<(Named<'_>, Target)> = read.filter_map(targeted).collect();
    let mut written: Vec<(Named<'_>, Target)> = Vec::new();
    for ((option, path), target) in files.written.iter().filter_map(targeted) {
        let same = |known: &&(Named<'_>, Target)| known.1 == target;
        let told = |what: String| Err(format!("{option} {}: {what}; name another file", path.display()));
        if let Err(error) = writable(path, &target) {
            return told(format!("cannot be written: {error}"));
        }
        if let Some(((other, kept), _)) = read.iter().find(same) {
            return told(format!("would overwrite {}, which is the file of {other}", kept.display()));
        }
        if let Some(((other, _), _)) = written.iter().find(same) {
            return told(match target {
                Target::StandardOutput => format!("standard output is taken by {other}"),
                Target::File { .. } | Target::New(_) => format!("the same file is written by {other}"),
            });
        }
        written.push(((option, path), target));
    }
    Ok(())
}

fn targeted<'a>(named: &Named<'a>) -> Option<(Named<'a>, Target)> {
    target(named.1).map(|target| (*named, target))
}

/// `None`: a pipe or a device keeps nothing that could be lost.
fn target(path: &Path) -> Option<Target> {
    if is_standard(path) {
        return Some(Target::StandardOutput);
    }
    match fs::metadata(path) {
        // Opening a folder fails, as it should.
        Ok(about) if about.is_file() || about.is_dir() => {
            Some(Target::File { device: about.dev(), number: about.ino() })
        }
        Ok(_) => None,
        Err(_) => Some(Target::New(made(path.to_owned()))),
    }
}

/// Errors: the file cannot be opened, or made.
fn writable(path: &Path, target: &Target) -> io::Result<()> {
    match target {
        Target::StandardOutput => Ok(()),
        Target::File { .. } => OpenOptions::new().append(true).open(path).map(drop),
        Target::New(made) => {
            OpenOptions::new().append(true).create_new(true).open(made)?;
            fs::remove_file(made)
        }
    }
}

/// The path at which a file would be made.
fn made(mut path: PathBuf) -> PathBuf {
    for _ in 0..LINKS_MOST {
        let Ok(to) = fs::read_link(&path) else { break };
        path = folder(&path).join(to);
    }
    let name = path.file_name().unwrap_or_default();
    fs::canonicalize(folder(&path)).map(|folder| folder.join(name)).unwrap_or(path)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A folder with a file `there`, links to it, and a link to `new`, which is not there.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("there"), "kept").unwrap();
        fs::create_dir(at("inner")).unwrap();
        symlink(at("there"), at("soft")).unwrap();
        fs::hard_link(at("there"), at("hard")).unwrap();
        symlink("new", at("to-new")).unwrap();
        symlink("ring", at("ring")).unwrap();
        folder
    }

    #[track_caller]
    fn check(read: &str, written: [&str; 2], expected: Option<&str>) {
        let folder = folder();
        let path = |name: &str| match name {
            "-" | "/dev/null" => PathBuf::from(name),
            _ => folder.path().join(name),
        };
        let ([turns, one, two], root) = ([read, written[0], written[1]].map(path), folder.path().display());
        let files =
            Files { read: vec![("--turns", &turns)], written: vec![("--one", &one), ("--two", &two)] };
        let said = super::check(&files).err();
        let said = said.map(|said| said.replace(&format!("{root}/"), ""));
        assert_eq!(said.as_deref(), expected, "{read} {written:?}");
        assert_eq!(fs::read_to_string(folder.path().join("there")).unwrap(), "kept");
        assert!(!folder.path().join("new").exists(), "nothing is left behind");
    }

    #[test]
    fn what_is_read_is_not_written_under_whatever_name() {
        for name in ["there", "./there", "inner/../there", "soft", "hard"] {
            let said = format!(
                "--two {name}: would overwrite there, which is the file of --turns; name another file"
            );
            check("there", ["new", name], Some(&said));
        }
        check(
            "soft",
            ["there", "new"],
            Some("--one there: would overwrite soft, which is the file of --turns; name another file"),
        );
    }

    #[test]
    fn two_outputs_are_two_files() {
        for name in ["new", "./new", "to-new", "inner/../new"] {
            let said = format!("--two {name}: the same file is written by --one; name another file");
            check("there", ["new", name], Some(&said));
        }
        check("-", ["-", "-"], Some("--two -: standard output is taken by --one; name another file"));
    }

    #[test]
    fn other_files_standard_output_and_devices_are_written() {
        for (read, written) in [
            ("there", ["new", "new-2"]),
            ("there", ["inner/there", "-"]),
            ("-", ["-", "there"]),
            ("/dev/null", ["/dev/null", "/dev/null"]),
            ("absent/x", ["new", "/dev/null"]),
        ] {
            check(read, written, None);
        }
    }

    #[test]
    fn what_cannot_be_written_is_told_before_the_work() {
        for (name, error) in [
            ("absent/y", "No such file or directory (os error 2)"),
            ("ring", "File exists (os error 17)"),
            ("inner", "Is a directory (os error 21)"),
        ] {
            let said = format!("--two {name}: cannot be written: {error}; name another file");
            check("there", ["new", name], Some(&said));
        }
    }
}
