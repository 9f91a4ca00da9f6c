//! A user's rule: a CEL condition over documented variables, checked at load.

use super::decision::Decision;

/// One `[[rules]]` entry of a policy.
#[derive(Debug)]
pub struct Rule {
    pub id: String,
    /// The condition as written.
    pub when: String,
    pub decision: Decision,
    pub queue: Option<String>,
    pub priority: Option<i64>,
    pub skills: Vec<String>,
}
