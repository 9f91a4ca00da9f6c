//! A summary row on the wire.
use crate::domain::summary::SummaryRow;

/// Appends the row as JSON.
pub fn encode(_row: &SummaryRow, _out: &mut Vec<u8>) {
    todo!("in work")
}
