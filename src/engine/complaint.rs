//! What the log is told of an outage: its first reason, and each thing that is refused, whenever that comes up. Others come and go
//! by the hundred, and time mends them; what is refused waits for an operator, who must read it.

use super::error::Error;

/// What was told since all was well.
#[derive(Debug, Default)]
pub(super) struct Complaint {
    complained: bool,
    refusal: Option<String>,
}

impl Complaint {
    /// Whether to tell of this error. `refusal` is what the cluster refuses us now.
    pub(super) fn is_news(&mut self, error: &Error, refusal: Option<&str>) -> bool {
        let refused = refusal.filter(|told| *told == error.message());
        let is_other = refused.is_some() && refused != self.refusal.as_deref();
        if is_other {
            self.refusal = refused.map(str::to_owned);
        }
        !std::mem::replace(&mut self.complained, true) || is_other
    }

    /// All is well. Whether there was a complaint.
    pub(super) fn withdraw(&mut self) -> bool {
        std::mem::take(self).complained
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_is_told_and_each_refusal_once_whatever_came_before() {
        let mut complaint = Complaint::default();
        let mut tells = |message: &str, refusal: Option<&str>| {
            complaint.is_news(&Error::Retry(message.to_owned()), refusal)
        };
        assert!(tells("timed out", None));
        assert!(!tells("no coordinator", None));
        assert!(tells("no READ on group a", Some("no READ on group a")), "hidden by what came before");
        assert!(!tells("no READ on group a", Some("no READ on group a")));
        assert!(!tells("timed out", Some("no READ on group a")));
        assert!(!tells("no READ on group a", Some("no READ on group a")), "told already");
        assert!(tells("no WRITE on topic b", Some("no WRITE on topic b")));
    }

    #[test]
    fn after_all_was_well_a_reason_is_told_again() {
        let mut complaint = Complaint::default();
        let refused = Error::Retry("no READ on group a".to_owned());
        assert!(!complaint.withdraw(), "there was none");
        assert!(complaint.is_news(&refused, Some(refused.message())));
        assert!(complaint.withdraw());
        assert!(complaint.is_news(&refused, Some(refused.message())));
    }
}
