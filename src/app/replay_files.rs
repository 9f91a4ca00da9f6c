//! The files of a replay: JSON lines in, from a file or standard input, and JSON lines out, with progress on a terminal.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::error::Category;

use super::print::Pipe;
use crate::domain::ids::Millis;
use crate::domain::limits::FUTURE_MS;
use crate::engine::settings::Settings;
use crate::wire::document::NOT_UTF8;

/// The longest line that is read.
pub const LINE_LIMIT: u64 = 8 * 1024 * 1024;
const BUFFER: usize = 256 * 1024;

/// A file of JSON lines, read from its beginning, one line at a time.
pub struct Lines {
    name: String,
    reader: Box<dyn BufRead>,
    /// Lines read so far, empty ones included.
    number: u64,
    bytes: u64,
    total: Option<u64>,
}

impl Lines {
    /// `-` is standard input. Errors name the file.
    pub fn open(path: &Path) -> Result<Lines, String> {
        if is_standard(path) {
            return Ok(Lines::new(
                "standard input",
                Box::new(BufReader::with_capacity(BUFFER, io::stdin())),
                None,
            ));
        }
        let name = path.display().to_string();
        let file = File::open(path).map_err(|error| format!("{name}: {error}"))?;
        let about = file.metadata().map_err(|error| format!("{name}: {error}"))?;
        if about.is_dir() {
            return Err(format!("{name}: is a folder; a file of JSON lines is needed"));
        }
        let total = about.is_file().then_some(about.len());
        Ok(Lines::new(&name, Box::new(BufReader::with_capacity(BUFFER, file)), total))
    }

    fn new(name: &str, reader: Box<dyn BufRead>, total: Option<u64>) -> Lines {
        Lines { name: name.to_owned(), reader, number: 0, bytes: 0, total }
    }

    /// Reads the next line that is not blank into `line` (cleared first; without its end and a byte order mark) and
    /// returns its number, from 1. `None` at the end. Errors name the file and the line.
    pub fn next_into(&mut self, line: &mut Vec<u8>) -> Result<Option<u64>, String> {
        loop {
            line.clear();
            let read = (&mut self.reader).take(LINE_LIMIT + 1).read_until(b'\n', line);
            let read = read.map_err(|error| format!("{}:{}: {error}", self.name, self.number + 1))?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            self.bytes += read as u64;
            if read as u64 > LINE_LIMIT {
                let limit = LINE_LIMIT / (1024 * 1024);
                return Err(format!("{}:{}: the line is longer than {limit} MiB", self.name, self.number));
            }
            if self.number == 1 && line.starts_with(b"\xef\xbb\xbf") {
                line.drain(..3);
            }
            line.truncate(line.trim_ascii_end().len());
            if !line.is_empty() {
                return Ok(Some(self.number));
            }
        }
    }

    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The file's size; unknown for standard input and pipes.
    pub fn total(&self) -> Option<u64> {
        self.total
    }
}

/// Whether the records of a file stand in the order of time, as those of a topic do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InOrder {
    /// What comes from later is from the future: it is not taken, and moves no time.
    until: Millis,
    lateness_ms: Millis,
    latest: Millis,
    records: u64,
    behind: u64,
    /// The line of the first that is.
    first: u64,
}

impl InOrder {
    /// Of a file that is read at `now`.
    pub fn at(now: Millis) -> InOrder {
        let (until, lateness_ms) = (now.saturating_add(FUTURE_MS), Settings::default().lateness_ms);
        InOrder { until, lateness_ms, latest: Millis::MIN, records: 0, behind: 0, first: 0 }
    }

    /// The next record, its line and its time.
    pub fn meet(&mut self, line: u64, event_time: Millis) {
        self.records += 1;
        if event_time > self.until {
            return;
        }
        if event_time.saturating_add(self.lateness_ms) < self.latest {
            self.first = if self.behind == 0 { line } else { self.first };
            self.behind += 1;
        }
        self.latest = self.latest.max(event_time);
    }

    /// What to know of a file whose records do not, and what to do.
    pub fn doubt(&self, file: &Path) -> Option<String> {
        let InOrder { records, behind, first, lateness_ms, .. } = self;
        let (name, seconds) = (shown(file), lateness_ms / 1000);
        (*behind > 0).then(|| {
            format!(
                "{name}:{first}: {behind} of {records} records are more than {seconds} s behind others above them: time has gone on \
                 by then, customers seem to have waited for answers that come further down; sort the lines by event_time \
                 (jq -sc 'sort_by(.event_time)[]')"
            )
        })
    }
}

/// `-`: standard input or output.
pub fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// What is wrong with a line of JSON, in words of the file. Its line is known to the caller, so only the column is told.
pub fn not_json(line: &[u8], error: &serde_json::Error) -> String {
    if std::str::from_utf8(line).is_err() {
        return NOT_UTF8.to_owned();
    }
    let (column, said) = (error.column(), error.to_string());
    let said = said.strip_suffix(&format!(" at line {} column {column}", error.line())).unwrap_or(&said);
    match error.classify() {
        Category::Io | Category::Syntax | Category::Eof => format!("column {column}: this is not JSON"),
        Category::Data => {
            let said = WANTED.iter().fold(said.to_owned(), |said, (type_name, words)| {
                said.replace(&format!("expected {type_name}"), &format!("{words} is wanted"))
            });
            format!("column {column}: {said}")
        }
    }
}

/// What is wrong with a record, for a person who has it in a file: with what to do where the contract's words do not say it.
pub fn remedied(error: &str) -> String {
    if error.starts_with("not UTF-8") { format!("{error}; save it as UTF-8") } else { error.to_owned() }
}

/// Types that lines are read into, in words.
const WANTED: [(&str, &str); 3] =
    [("usize", "a whole number"), ("a boolean", "true or false"), ("a string", "a text (in quotes)")];

/// What a file of the command line is called in messages.
pub fn shown(path: &Path) -> String {
    if is_standard(path) { "standard input".to_owned() } else { path.display().to_string() }
}

/// A file of JSON lines that is written. Nothing is promised before [`Output::finish`].
pub struct Output {
    name: String,
    writer: BufWriter<Box<dyn Write>>,
}

impl Output {
    /// Creates or empties the file; `-` is standard output.
    pub fn create(path: &Path) -> Result<Output, String> {
        if is_standard(path) {
            return Ok(Output::new("standard output", Box::new(Pipe::stdout())));
        }
        let name = path.display().to_string();
        let file = File::create(path).map_err(|error| format!("{name}: {error}"))?;
        Ok(Output::new(&name, Box::new(file)))
    }

    /// `None` where the option was not given.
    pub fn create_if(path: Option<&PathBuf>) -> Result<Option<Output>, String> {
        path.map(|path| Output::create(path)).transpose()
    }

    fn new(name: &str, writer: Box<dyn Write>) -> Output {
        Output { name: name.to_owned(), writer: BufWriter::with_capacity(BUFFER, writer) }
    }

    /// Writes one JSON text and a line end.
    pub fn line(&mut self, json: &[u8]) -> Result<(), String> {
        let written = self.writer.write_all(json).and_then(|()| self.writer.write_all(b"\n"));
        written.map_err(|error| format!("{}: {error}", self.name))
    }

    /// Writes out what is buffered.
    pub fn finish(mut self) -> Result<(), String> {
        self.writer.flush().map_err(|error| format!("{}: {error}", self.name))
    }
}

/// Progress on standard error, if that is a terminal; otherwise nothing.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// Counts bytes of `total`, where that is known.
    pub fn bytes(what: &'static str, total: Option<u64>) -> Progress {
        let templates = (
            "{msg} {wide_bar} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}",
            "{msg} {spinner} {binary_bytes} {binary_bytes_per_sec}",
        );
        Progress::new(what, total, templates)
    }

    /// Counts things (`what` is a plural) of `total`, where that is known.
    pub fn count(what: &'static str, total: Option<u64>) -> Progress {
        Progress::new(
            what,
            total,
            ("{msg} {wide_bar} {pos}/{len} {per_sec} {eta}", "{msg} {spinner} {pos} {per_sec}"),
        )
    }

    fn new(what: &'static str, total: Option<u64>, (known, unknown): (&str, &str)) -> Progress {
        if !io::stderr().is_terminal() {
            return Progress(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(10));
        let template = if total.is_some() { known } else { unknown };
        // A template of ours that is wrong costs the look of the bar and nothing else.
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress(bar)
    }

    /// Where we are now.
    pub fn set(&self, position: u64) {
        self.0.set_position(position);
    }

    /// Prints to standard output or error without tearing the bar.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }

    /// Takes the bar away.
    pub fn finish(self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static [u8]) -> Result<Vec<(u64, String)>, String> {
        let mut lines = Lines::new("turns.jsonl", Box::new(text), None);
        let (mut line, mut all) = (Vec::new(), Vec::new());
        while let Some(number) = lines.next_into(&mut line)? {
            all.push((number, String::from_utf8_lossy(&line).into_owned()));
        }
        assert_eq!(lines.bytes(), text.len() as u64);
        Ok(all)
    }

    #[test]
    fn lines_keep_their_numbers_whatever_ends_them() {
        for (text, expected) in [
            (&b"{}\n{\"a\":1}\n"[..], vec![(1, "{}"), (2, "{\"a\":1}")]),
            (b"{}\r\n\r\n  \n[]", vec![(1, "{}"), (4, "[]")]),
            (b"\xef\xbb\xbf{}\n", vec![(1, "{}")]),
            (b"", vec![]),
            (b"\n\n", vec![]),
        ] {
            let expected = expected.into_iter().map(|(number, line)| (number, line.to_owned())).collect();
            assert_eq!(read(text), Ok(expected), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn a_line_that_is_no_json_is_told_in_words_and_without_another_line() {
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "only whether it can be read matters")]
        struct Line {
            name: String,
            right: bool,
            turn: Option<usize>,
        }
        for (line, expected) in [
            ("nonsense", "column 2: this is not JSON"),
            ("{\"name\": \"a\",", "column 13: this is not JSON"),
            ("{\"name\": \"a\"}", "column 13: missing field `right`"),
            ("{\"turn\": \"x\"}", "column 12: invalid type: string \"x\", a whole number is wanted"),
            ("{\"turn\": -1}", "column 11: invalid value: integer `-1`, a whole number is wanted"),
            ("{\"right\": 1}", "column 11: invalid type: integer `1`, true or false is wanted"),
            ("{\"name\": 1}", "column 10: invalid type: integer `1`, a text (in quotes) is wanted"),
        ] {
            let error = serde_json::from_str::<Line>(line).unwrap_err();
            assert_eq!(not_json(line.as_bytes(), &error), expected, "{line}");
        }
        let line = b"{\"name\": \"\xfcber\"}";
        let error = serde_json::from_slice::<Line>(line).unwrap_err();
        assert_eq!(not_json(line, &error), "this is not UTF-8; save it as UTF-8");
        assert_eq!(remedied("not UTF-8 at byte 3"), "not UTF-8 at byte 3; save it as UTF-8");
    }

    #[test]
    fn a_file_that_is_not_in_the_order_of_time_is_told() {
        let said = |times: &[Millis]| {
            let mut order = InOrder::at(100_000);
            (1..).zip(times).for_each(|(line, time)| order.meet(line, *time));
            order.doubt(Path::new("turns.jsonl"))
        };
        assert_eq!(said(&[0, 10_000, 5_000, 10_000]), None, "as far behind as is waited for");
        let told = said(&[0, 10_000, 4_999, 0]).unwrap();
        assert_eq!(said(&[0, 100_001 + FUTURE_MS, 0]), None, "the future moves nothing");
        assert!(told.starts_with("turns.jsonl:3: 2 of 4 records are more than 5 s behind others"), "{told}");
    }

    #[test]
    fn a_line_without_end_is_refused_by_name() {
        let mut lines = Lines::new("turns.jsonl", Box::new(BufReader::new(io::repeat(b'x'))), None);
        let refused = lines.next_into(&mut Vec::new());
        assert_eq!(refused, Err("turns.jsonl:1: the line is longer than 8 MiB".to_owned()));
    }

    #[test]
    fn a_file_that_is_missing_or_a_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none.jsonl");
        let shown = missing.display().to_string();
        assert!(Lines::open(&missing).err().unwrap().starts_with(&shown));
        let shown = format!("{}: is a folder; a file of JSON lines is needed", folder.path().display());
        assert_eq!(Lines::open(folder.path()).err(), Some(shown));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        let mut output = Output::create(&path).unwrap();
        output.line(b"{\"n\":1}").unwrap();
        output.line(b"{\"n\":2}").unwrap();
        output.finish().unwrap();
        let mut lines = Lines::open(&path).unwrap();
        let mut line = Vec::new();
        assert_eq!(
            (lines.total(), lines.next_into(&mut line), &line[..]),
            (Some(16), Ok(Some(1)), &b"{\"n\":1}"[..])
        );
    }
}
