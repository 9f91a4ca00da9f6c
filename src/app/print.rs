//! Standard output and standard error, as every command writes to them.
//!
//! Invariant: nothing here panics. Who reads standard output may have seen enough and close it (`| head`): that is no
//! failure, the rest is written nowhere, and the command's exit code is what it would have been.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use super::run::Failure;

/// Whether somebody still reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    Listens,
    Left,
}

/// A stream that its reader may leave; what is written after that goes nowhere.
#[derive(Debug)]
pub struct Pipe<W> {
    out: W,
    reader: Reader,
}

impl Pipe<io::Stdout> {
    /// Standard output of this process.
    pub fn stdout() -> Self {
        Pipe::of(io::stdout())
    }
}

impl Pipe<io::Stderr> {
    /// Standard error of this process.
    pub fn stderr() -> Self {
        Pipe::of(io::stderr())
    }
}

impl<W: Write> Pipe<W> {
    fn of(out: W) -> Pipe<W> {
        Pipe { out, reader: Reader::Listens }
    }

    /// Whether more is worth making.
    pub fn reader(&self) -> Reader {
        self.reader
    }

    fn forgive<T>(&mut self, done: io::Result<T>, instead: T) -> io::Result<T> {
        match done {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.reader = Reader::Left;
                Ok(instead)
            }
            done => done,
        }
    }
}

impl<W: Write> Write for Pipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.reader == Reader::Left {
            return Ok(bytes.len());
        }
        let done = self.out.write(bytes);
        self.forgive(done, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.reader == Reader::Left {
            return Ok(());
        }
        let done = self.out.flush();
        self.forgive(done, ())
    }
}

/// Writes a text to standard output, and says whether more is worth making. Errors (exit code 1): it cannot be written.
pub fn print(text: impl Display) -> Result<Reader, Failure> {
    print_to(Pipe::stdout(), text)
}

fn print_to(mut out: Pipe<impl Write>, text: impl Display) -> Result<Reader, Failure> {
    let written = out.write_all(text.to_string().as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| Failure::running(format!("standard output: {error}")))?;
    Ok(out.reader())
}

/// The same with a line end.
pub fn print_line(text: impl Display) -> Result<Reader, Failure> {
    print(format_args!("{text}\n"))
}

/// Writes a line to standard error.
pub fn tell(text: impl Display) {
    // Where nobody reads standard error there is nobody left to tell.
    _ = writeln!(io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes; then its reader leaves, or its disk is full.
    struct Ends(usize, ErrorKind);

    impl Write for Ends {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(self.1.into());
            }
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_who_leaves_is_no_failure_and_is_known() {
        let out = || Pipe::of(Ends(3, ErrorKind::BrokenPipe));
        assert_eq!(print_to(out(), "abc"), Ok(Reader::Listens));
        assert_eq!(print_to(out(), "abcdef"), Ok(Reader::Left));
    }

    #[test]
    fn a_full_disk_is_told() {
        let told = print_to(Pipe::of(Ends(3, ErrorKind::StorageFull)), "abcdef");
        assert_eq!(told, Err(Failure::running("standard output: no storage space".to_owned())));
    }
}
