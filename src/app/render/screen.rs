//! Where a demo or a replay shows itself: blocks and a report for a person, or the raw events for a machine.

use std::io::{self, Write};

use serde_json::Value;

use super::report::Report;
use super::{Colour, Style, handoff};
use crate::app::left_out::LeftOut;
use crate::app::print::{Pipe, Reader};

/// `--output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Format {
    /// For a person.
    #[default]
    Text,
    /// Events as JSON lines, exactly as they were written.
    Json,
}

/// Takes what the engine wrote, in its order.
pub struct Screen<W> {
    out: W,
    format: Format,
    style: Style,
    report: Report,
}

impl Screen<Pipe<io::Stdout>> {
    /// On standard output.
    pub fn stdout(format: Format) -> Self {
        Screen::new(Pipe::stdout(), format, Style::of_stdout())
    }

    /// Whether somebody still reads it.
    pub fn reader(&self) -> Reader {
        self.out.reader()
    }
}

impl Screen<Pipe<io::Stderr>> {
    /// On standard error, plain: standard output has something else.
    pub fn stderr(format: Format) -> Self {
        Screen::new(Pipe::stderr(), format, Style { colour: Colour::Plain, ..Style::of_stdout() })
    }
}

impl<W: Write> Screen<W> {
    pub fn new(out: W, format: Format, style: Style) -> Screen<W> {
        Screen { out, format, style, report: Report::default() }
    }

    /// Shows a hand-off event.
    pub fn event(&mut self, json: &[u8]) -> io::Result<()> {
        match self.format {
            Format::Json => {
                self.out.write_all(json)?;
                self.out.write_all(b"\n")
            }
            Format::Text => {
                let event: Value = serde_json::from_slice(json)?;
                self.report.event(&event);
                self.out.write_all(handoff::block(&event, self.style).as_bytes())
            }
        }
    }

    /// Counts a hand-off event without showing it.
    pub fn count(&mut self, json: &[u8]) -> io::Result<()> {
        self.report.event(&serde_json::from_slice(json)?);
        Ok(())
    }

    /// Takes a row of the metric windows, for the report.
    pub fn window(&mut self, json: &[u8]) -> io::Result<()> {
        self.report.window(&serde_json::from_slice(json)?);
        Ok(())
    }

    /// Takes what the engine could not take, for the report.
    pub fn left_out(&mut self, left_out: &LeftOut) {
        self.report.left_out(left_out);
    }

    /// Shows the report to a person; a machine has its events.
    pub fn close(mut self) -> io::Result<()> {
        match self.format {
            Format::Json => {}
            Format::Text => self.out.write_all(self.report.render(self.style).as_bytes())?,
        }
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::render::Colour;

    const EVENT: &[u8] = br#"{"type":"requested","conversation_id":"c-1","event_time":0,"reason":"loop","mode":"live","queue":"q","priority":3}"#;

    fn show(format: Format) -> String {
        let mut out = Vec::new();
        let mut screen = Screen::new(&mut out, format, Style { colour: Colour::Plain, width: 60 });
        screen.event(EVENT).unwrap();
        screen.close().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_machine_gets_the_bytes_that_were_written_and_nothing_else() {
        assert_eq!(show(Format::Json).as_bytes(), [EVENT, b"\n"].concat());
    }

    #[test]
    fn a_person_gets_blocks_and_a_report() {
        let expected = "\
── REQUESTED c-1  queue q, priority 3  1970-01-01 00:00:00
━━ REPORT ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ UTC ━━
  hand-offs 1
            loop                     1  100 %  ████████████
";
        assert_eq!(show(Format::Text), expected);
    }
}
