//! What the group's committed offsets and the changelog's partition record say of one partition: whether they agree, and where to start.

use crate::engine::error::Error;
use crate::engine::lane::Lane;
use crate::engine::port::{Committed, Topology};
use crate::engine::task::Resume;

/// Whether any input's committed offset is not what the changelog says.
pub(super) fn disagree(committed: &[Committed], resume: Option<&Resume>, lane: &Lane) -> bool {
    let Some(resume) = resume else { return false };
    lane.inputs.iter().zip(&resume.next).any(|(input, said)| {
        let offset = committed.iter().find(|c| c.topic == input.topic).and_then(|c| c.offset);
        offset.is_some_and(|offset| offset != *said)
    })
}

/// Whether the changelog should hold a partition record and does not: each commit of the conversations writes one.
pub(super) fn is_lost(topology: Topology, commit_number: u64, resume: Option<&Resume>) -> bool {
    topology == Topology::Conversations && commit_number > 0 && resume.is_none()
}

/// The commit number and the topology's extra part of committed offset metadata.
pub(super) fn parse_metadata(metadata: &str) -> (u64, &str) {
    let mut parts = metadata.splitn(3, '/');
    let number = parts.next().and_then(|number| number.parse().ok()).unwrap_or(0);
    (number, parts.nth(1).unwrap_or(""))
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Start {
    At(i64),
    AfterGap { from: i64, to: i64 },
}

/// Where an input starts: the committed offset, which must be what the state says; without one, where the state says;
/// with neither, at the earliest record.
pub(super) fn start_offset(
    partition: i32,
    input: &str,
    committed: Option<i64>,
    said: Option<i64>,
    low: i64,
) -> Result<Start, Error> {
    if let (Some(committed), Some(said)) = (committed, said)
        && committed != said
    {
        return Err(Error::Fatal(format!(
            "{input} partition {partition}: the group's committed offset is {committed}, the changelog says {said}; they are \
             written in one transaction, so one of them was changed by hand. Set the group's offset back to {said}, or \
             delete both the group and the changelog to start anew"
        )));
    }
    Ok(match committed.or(said) {
        None => Start::At(low),
        Some(next) if next < low => Start::AfterGap { from: next, to: low },
        Some(next) => Start::At(next),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_starts_where_state_and_group_agree() {
        let at = |committed, said, low| start_offset(3, "turns", committed, said, low).ok();
        assert_eq!(at(None, None, 7), Some(Start::At(7)));
        assert_eq!(at(Some(9), Some(9), 7), Some(Start::At(9)));
        assert_eq!(at(None, Some(9), 7), Some(Start::At(9)));
        assert_eq!(at(Some(9), None, 7), Some(Start::At(9)));
        assert_eq!(at(Some(5), Some(5), 7), Some(Start::AfterGap { from: 5, to: 7 }));
        assert_eq!(at(Some(5), Some(6), 0), None);
    }

    #[test]
    fn a_group_that_has_committed_has_a_changelog() {
        use Topology::{Conversations, Windows};
        let resume = Resume { next: vec![9, 0], commit_number: 4 };
        assert!(is_lost(Conversations, 4, None));
        assert!(!is_lost(Conversations, 4, Some(&resume)));
        assert!(!is_lost(Conversations, 0, None), "nothing was committed, or the offsets were set by hand");
        assert!(!is_lost(Windows, 4, None), "windows keep no such record");
    }

    #[test]
    fn metadata_reads_back() {
        assert_eq!(parse_metadata("12/app-a-0/34"), (12, "34"));
        assert_eq!(parse_metadata("12/app-a-0/"), (12, ""));
        assert_eq!(parse_metadata(""), (0, ""));
    }
}
