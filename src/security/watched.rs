//! Something that was read from files, and is read again when they change.
//!
//! Source of truth for: the value in force. It changes only to one that could be read whole: a file that is being
//! replaced, or was replaced by nonsense, leaves the old value in force, and that is said once.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Files are looked at no more often than this.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The value that files hold.
pub struct Watched<T> {
    files: Vec<PathBuf>,
    parse: Box<dyn Fn() -> Result<T, String> + Send + Sync>,
    state: Mutex<State<T>>,
}

struct State<T> {
    value: Arc<T>,
    /// What the files held when they were last looked at; `None` where one could not be read.
    seen: Vec<Option<Vec<u8>>>,
    looked_at: Instant,
}

impl<T> std::fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watched").field("files", &self.files).finish_non_exhaustive()
    }
}

impl<T> Watched<T> {
    /// Reads it for the first time. Errors: those of `parse`, which reads the files itself.
    pub fn new(
        files: Vec<PathBuf>,
        parse: impl Fn() -> Result<T, String> + Send + Sync + 'static,
    ) -> Result<Watched<T>, String> {
        let seen = contents(&files);
        let value = Arc::new(parse()?);
        let state = Mutex::new(State { value, seen, looked_at: Instant::now() });
        Ok(Watched { files, parse: Box::new(parse), state })
    }

    /// The value in force, after a look at the files if the last one is a second ago.
    pub fn current(&self) -> Arc<T> {
        self.looked(LOOK_EVERY)
    }

    fn looked(&self, every: Duration) -> Arc<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked_at.elapsed() >= every {
            state.looked_at = Instant::now();
            let seen = contents(&self.files);
            if seen != state.seen {
                state.seen = seen;
                match (self.parse)() {
                    Ok(value) => {
                        state.value = Arc::new(value);
                        tracing::info!(files = ?self.files, "changed, and read again");
                    }
                    Err(error) => {
                        tracing::warn!(
                            error,
                            "changed, and cannot be used; what was read before stays in force"
                        );
                    }
                }
            }
        }
        state.value.clone()
    }
}

fn contents(files: &[PathBuf]) -> Vec<Option<Vec<u8>>> {
    files.iter().map(|file| std::fs::read(file).ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_change_is_taken_and_nonsense_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("number");
        fs::write(&file, "1").unwrap();
        let read = file.clone();
        let parse = move || {
            let text = fs::read_to_string(&read).map_err(|error| error.to_string())?;
            text.parse::<u32>().map_err(|error| error.to_string())
        };
        let watched = Watched::new(vec![file.clone()], parse).unwrap();
        let now = || *watched.looked(Duration::ZERO);
        assert_eq!(now(), 1);
        for (content, expected) in [(Some("2"), 2), (Some("two"), 2), (None, 2), (Some("3"), 3)] {
            match content {
                Some(text) => fs::write(&file, text).unwrap(),
                None => fs::remove_file(&file).unwrap(),
            }
            assert_eq!(now(), expected, "{content:?}");
        }
        // Not looked at again within the second.
        fs::write(&file, "4").unwrap();
        assert_eq!(*watched.looked(Duration::from_secs(3600)), 3);
    }
}
