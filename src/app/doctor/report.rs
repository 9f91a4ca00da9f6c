//! Findings and how they are shown: a list for people, one JSON document for machines.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::app::render::screen::Format;
use crate::app::render::{Colour, Style};

/// How a check ended. The order is that of the exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    Ok,
    /// We may not look, or nobody can from here.
    Unknown,
    Warning,
    Problem,
}

impl Status {
    const ALL: [Status; 4] = [Status::Ok, Status::Unknown, Status::Warning, Status::Problem];

    pub fn name(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Unknown => "unknown",
            Status::Warning => "warning",
            Status::Problem => "problem",
        }
    }

    fn colour(self) -> &'static str {
        match self {
            Status::Ok => "32",
            Status::Unknown => "2",
            Status::Warning => "1;33",
            Status::Problem => "1;31",
        }
    }
}

/// One check's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub check: String,
    pub status: Status,
    /// What is the case.
    pub found: String,
    /// What to do; none where all is well, or nothing can be done.
    pub remedy: Option<String>,
}

impl Finding {
    fn new(check: &str, status: Status, found: &str, remedy: Option<&str>) -> Finding {
        let (check, found) = (check.to_owned(), found.to_owned());
        Finding { check, status, found, remedy: remedy.map(str::to_owned) }
    }

    pub fn ok(check: &str, found: &str) -> Finding {
        Finding::new(check, Status::Ok, found, None)
    }

    pub fn unknown(check: &str, found: &str) -> Finding {
        Finding::new(check, Status::Unknown, found, None)
    }

    pub fn warning(check: &str, found: &str, remedy: &str) -> Finding {
        Finding::new(check, Status::Warning, found, Some(remedy))
    }

    pub fn problem(check: &str, found: &str, remedy: &str) -> Finding {
        Finding::new(check, Status::Problem, found, Some(remedy))
    }
}

/// Everything that was found, by area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The settings in force, secrets hidden; `None`: they cannot be read.
    settings: Option<String>,
    findings: Vec<(&'static str, Finding)>,
}

impl Report {
    pub fn new(settings: Option<String>, findings: Vec<(&'static str, Finding)>) -> Report {
        Report { settings, findings }
    }

    /// 0: all well, or unknown; 1: warnings; 2: problems.
    pub fn exit_code(&self) -> u8 {
        match self.worst() {
            Status::Ok | Status::Unknown => 0,
            Status::Warning => 1,
            Status::Problem => 2,
        }
    }

    fn worst(&self) -> Status {
        self.findings.iter().map(|(_, finding)| finding.status).max().unwrap_or(Status::Ok)
    }

    fn count(&self, status: Status) -> usize {
        self.findings.iter().filter(|(_, finding)| finding.status == status).count()
    }

    pub fn shown(&self, format: Format, style: Style) -> String {
        match format {
            Format::Text => self.text(style),
            Format::Json => format!("{}\n", self.json()),
        }
    }

    fn text(&self, style: Style) -> String {
        let paint = |code: &str, text: &str| match style.colour {
            Colour::Plain => text.to_owned(),
            Colour::Ansi => format!("\x1b[{code}m{text}\x1b[0m"),
        };
        let mut out = String::new();
        let mut area = "";
        for (of, finding) in &self.findings {
            if *of != area {
                area = of;
                let _never_fails = writeln!(out, "{}", paint("1", area));
            }
            let word = paint(finding.status.colour(), &format!("{:<8}", finding.status.name()));
            let _never_fails = writeln!(out, "  {word} {}: {}", finding.check, finding.found);
            if let Some(remedy) = &finding.remedy {
                let _never_fails = writeln!(out, "           {} {remedy}", paint("2", "do:"));
            }
        }
        let counts: Vec<String> = Status::ALL
            .iter()
            .rev()
            .map(|status| format!("{} {}", self.count(*status), status.name()))
            .collect();
        let _never_fails = writeln!(out, "{}", counts.join(", "));
        out
    }

    fn json(&self) -> Value {
        let checks: Vec<Value> = self
            .findings
            .iter()
            .map(|(area, finding)| {
                json!({ "area": area, "check": finding.check, "status": finding.status.name(),
                    "found": finding.found, "remedy": finding.remedy })
            })
            .collect();
        let counts: serde_json::Map<String, Value> =
            Status::ALL.iter().map(|s| (s.name().to_owned(), self.count(*s).into())).collect();
        json!({ "status": self.worst().name(), "counts": counts, "checks": checks, "settings": self.settings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(last: Finding) -> Report {
        let found = vec![
            ("host", Finding::ok("port", "free")),
            ("host", Finding::unknown("a", "b")),
            ("topics", last),
        ];
        Report::new(Some("x = 1".to_owned()), found)
    }

    #[test]
    fn the_worst_finding_decides_the_exit_code() {
        let code = |last| report(last).exit_code();
        assert_eq!(code(Finding::ok("t", "")), 0);
        assert_eq!(code(Finding::unknown("t", "")), 0);
        assert_eq!(code(Finding::warning("t", "", "")), 1);
        assert_eq!(code(Finding::problem("t", "", "")), 2);
    }

    #[test]
    fn a_person_reads_a_list_and_a_machine_one_document() {
        let report = report(Finding::problem("turns", "missing", "create it"));
        let style = Style { colour: Colour::Plain, width: 80 };
        assert_eq!(
            report.shown(Format::Text, style),
            "host\n  ok       port: free\n  unknown  a: b\ntopics\n  problem  turns: missing\n           do: create it\n\
             1 problem, 0 warning, 1 unknown, 1 ok\n"
        );
        let document: Value = serde_json::from_str(&report.shown(Format::Json, style)).unwrap();
        assert_eq!(document["status"], "problem");
        assert_eq!(document["counts"]["ok"], 1);
        assert_eq!(
            document["checks"][2],
            json!({"area": "topics", "check": "turns", "status": "problem", "found": "missing", "remedy": "create it"})
        );
        let coloured = Style { colour: Colour::Ansi, width: 80 };
        assert!(report.shown(Format::Text, coloured).contains("\x1b[1;31mproblem \x1b[0m"));
    }
}
