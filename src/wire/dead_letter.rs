//! A dead letter on the wire.

/// A record that could not be taken, with where it lies and why.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLetter<'a> {
    pub topic: &'a str,
    pub partition: i32,
    pub offset: i64,
    pub timestamp: Option<i64>,
    pub key: Option<&'a [u8]>,
    /// `decode`, `validate`, `late`, `apply` or `size`.
    pub stage: &'a str,
    pub error: &'a str,
    pub field: Option<&'a str>,
    /// The original bytes, where the setting lets them out.
    pub value: Option<&'a [u8]>,
}

/// Appends the dead letter as JSON. The key is redacted if it may be a payment card or national id.
pub fn encode(_letter: &DeadLetter<'_>, _out: &mut Vec<u8>) {
    todo!("in work")
}
