//! A secret that cannot be printed, and where it comes from.

use std::fmt;
use std::path::{Path, PathBuf};

/// A password, a token, a passphrase. Its debug output says only that it is there.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: &str) -> Secret {
        Secret(text.to_owned())
    }

    /// The secret itself: for whoever must send it, and for nobody who prints.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In the settings or the environment.
    Given(Secret),
    /// In a file, which may change: it is read each time the secret is needed. `key` is the setting that names it.
    File { key: &'static str, path: PathBuf },
}

impl Source {
    /// The secret as of now. Errors: the setting, the file and what is wrong with it.
    pub fn read(&self) -> Result<Secret, String> {
        match self {
            Source::Given(secret) => Ok(secret.clone()),
            Source::File { key, path } => read(key, path),
        }
    }
}

/// Reads a secret from a file: one line, without its final newline. `key` is the setting that names the file.
pub fn read(key: &str, file: &Path) -> Result<Secret, String> {
    let about = |what: &str| format!("{key} = \"{}\": {what}", file.display());
    refuse_if_others_may_write(file).map_err(|what| about(&what))?;
    let bytes = std::fs::read(file).map_err(|error| about(&error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| about("the secret is not UTF-8 text"))?;
    let text = without_final_newline(&text);
    if text.is_empty() {
        return Err(about("the file is empty; write the secret into it"));
    }
    if text.chars().any(char::is_control) {
        return Err(about("one line of text is wanted, without control characters"));
    }
    Ok(Secret::new(text))
}

/// Editors and `echo` end a file with a newline, which no secret has.
pub fn without_final_newline(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

/// Whoever may write the file decides who we are, and who may talk to us.
fn refuse_if_others_may_write(file: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let Ok(metadata) = std::fs::metadata(file) else { return Ok(()) };
    if metadata.is_file() && metadata.permissions().mode() & 0o002 != 0 {
        return Err("every user of this machine may write the file; chmod o-w it".to_owned());
    }
    Ok(())
}

/// Whether every user of the machine may read a file: worth a warning, and usual in a container of one user.
pub fn others_may_read(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        assert_eq!(format!("{:?}", Some(Secret::new("pa55"))), "Some((hidden))");
        assert_eq!(format!("{:?}", Source::Given(Secret::new("pa55"))), "Given((hidden))");
    }

    #[test]
    fn a_file_holds_one_line_and_its_final_newline_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        for (content, expected) in [
            ("pa55", Ok("pa55")),
            ("pa55\n", Ok("pa55")),
            ("pa55\r\n", Ok("pa55")),
            (" pa 55 \n", Ok(" pa 55 ")),
            ("", Err("the file is empty; write the secret into it")),
            ("\n", Err("the file is empty; write the secret into it")),
            ("pa55\n\n", Err("one line of text is wanted, without control characters")),
            ("pa\u{0}55", Err("one line of text is wanted, without control characters")),
        ] {
            fs::write(&file, content).unwrap();
            let found = read("a.b", &file).map(|secret| secret.reveal().to_owned());
            let place = format!("a.b = \"{}\": ", file.display());
            assert_eq!(
                found,
                expected.map(str::to_owned).map_err(|what| format!("{place}{what}")),
                "{content:?}"
            );
        }
    }

    #[test]
    fn a_file_that_anyone_may_write_is_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        fs::write(&file, "pa55").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o646)).unwrap();
        let refused = read("a.b", &file).unwrap_err();
        assert!(
            refused.ends_with("every user of this machine may write the file; chmod o-w it"),
            "{refused}"
        );
        assert!(others_may_read(&file));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(!others_may_read(&file));
    }
}
