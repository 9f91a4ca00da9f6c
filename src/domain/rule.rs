//! A user's rule: a CEL condition over documented variables, checked at load.
/// (in work)
#[derive(Debug)]
pub struct Rule {}
