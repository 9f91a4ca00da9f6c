//! What a failure of librdkafka means for the loop. The one place where error codes become consequences.
//!
//! Transactions, in this order:
//! 0. a right is missing ⇒ Abort (Retry while initialising): the port asks for the right before it begins again
//! 1. something only the operator can put right (missing topics, sizes) ⇒ Fatal, with the remedy
//! 2. fenced, fatal ⇒ Reload: this producer is dead, and what it last sent may or may not have happened
//! 3. the group refuses the offsets ⇒ Abort: all was answered
//! 4. requires abort for another reason ⇒ Reload: a request may still be on its way, and under the same producer epoch the
//!    broker would take it for one of the next transaction
//! 5. retriable ⇒ Retry, but a commit or abort that timed out ⇒ Reload: its outcome is unknown
//! 6. none of these ⇒ Reload

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use super::ffi::Failure;
use super::link::is_denial;
use crate::engine::error::Error;

/// The call of a transaction that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Init,
    Begin,
    Send,
    Offsets,
    Commit,
    Abort,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Step::Init => "init_transactions",
            Step::Begin => "begin",
            Step::Send => "send",
            Step::Offsets => "send offsets",
            Step::Commit => "commit",
            Step::Abort => "abort",
        }
    }
}

/// The first record of a transaction that was not delivered: commit itself only says that something was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Undelivered {
    pub code: Code,
    pub topic: String,
    pub partition: i32,
}

/// What a failed step of a transaction means.
pub(super) fn of_transaction(step: Step, failure: &Failure, undelivered: Option<&Undelivered>) -> Error {
    let mut text = format!("{}: {} ({:?})", step.name(), failure.text, failure.code);
    if let Some(lost) = undelivered {
        text += &format!("; a record for {}-{} was not delivered: {}", lost.topic, lost.partition, lost.code);
    }
    if is_denial(failure.code) || undelivered.is_some_and(|lost| is_denial(lost.code)) {
        return if step == Step::Init { Error::Retry(text) } else { Error::Abort(text) };
    }
    if let Some(remedy) = undelivered.map(|lost| lost.code).and_then(remedy).or(remedy(failure.code)) {
        return Error::Fatal(format!("{text}: {remedy}"));
    }
    let timed_out =
        matches!(failure.code, Code::OperationTimedOut | Code::RequestTimedOut | Code::MessageTimedOut);
    let outcome_unknown = timed_out && matches!(step, Step::Commit | Step::Abort);
    if failure.fatal || is_fence(failure.code) || outcome_unknown {
        Error::Reload(text)
    } else if failure.requires_abort {
        if step == Step::Offsets && is_refusal_of_the_group(failure.code) {
            Error::Abort(text)
        } else {
            Error::Reload(text)
        }
    } else if failure.retriable {
        Error::Retry(text)
    } else {
        Error::Reload(text)
    }
}

/// Someone else has initialised our transactional id, or the broker gave up on our transaction: Kafka's older protocol,
/// which librdkafka speaks, tells the two apart no more than this.
pub(super) fn is_fence(code: Code) -> bool {
    matches!(code, Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch)
}

/// The group has moved on without us.
fn is_refusal_of_the_group(code: Code) -> bool {
    matches!(
        code,
        Code::IllegalGeneration | Code::UnknownMemberId | Code::RebalanceInProgress | Code::FencedInstanceId
    )
}

/// What a failed read, question or admin call means. `about` names the topic, partition or group.
pub(super) fn of_client(about: &str, error: &KafkaError) -> Error {
    if let KafkaError::ClientConfig(_, problem, name, _) = error {
        // Not the value: it may be a secret.
        return Error::Fatal(format!("kafka.properties.{name}: {problem}"));
    }
    let code = match error {
        KafkaError::AdminOp(code) => Some(*code),
        other => other.rdkafka_error_code(),
    };
    match code {
        Some(code) => of_code(about, code),
        None => Error::Fatal(format!("{about}: {error}")),
    }
}

/// As [`of_client`], for a bare code.
pub(super) fn of_code(about: &str, code: Code) -> Error {
    let text = format!("{about}: {code}");
    match code {
        Code::AutoOffsetReset | Code::OffsetOutOfRange => Error::Fatal(format!(
            "{text}: the next record to read is gone (retention is shorter than we were away); \
             `--accept-gap` goes on behind the gap and counts it"
        )),
        Code::Fatal | Code::InvalidMessage | Code::BadMessage | Code::BadCompression => Error::Fatal(text),
        Code::InconsistentGroupProtocol => Error::Fatal(format!(
            "{text}: another program uses this consumer group; choose another engine.application_id"
        )),
        // The client's own word while a partition has no leader it knows of: a broker that dies is enough. That the topics
        // are there was checked at the start.
        Code::UnknownPartition => Error::Retry(text),
        code if is_denial(code) => {
            Error::Retry(format!("{text}: `segue acl --principal NAME` prints the rights to grant"))
        }
        code => match remedy(code) {
            Some(remedy) => Error::Fatal(format!("{text}: {remedy}")),
            None => Error::Retry(text),
        },
    }
}

/// What the operator can do, for the codes where nobody else can.
fn remedy(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition => {
            "create what is missing with `segue topics create`, or correct the name under [topics]"
        }
        Code::MessageSizeTooLarge | Code::MessageBatchTooLarge => {
            "raise max.message.bytes of the topic, or lower the engine's record limit"
        }
        Code::InvalidTransactionTimeout => "lower transaction.timeout.ms, or raise the broker's maximum",
        Code::UnsupportedVersion | Code::UnsupportedFeature => "exactly-once needs Kafka 2.5 or later",
        Code::UnsupportedSASLMechanism => "choose a mechanism the broker offers (kafka.sasl_mechanism)",
        Code::InvalidTopic | Code::PolicyViolation | Code::InvalidConfig | Code::InvalidReplicationFactor => {
            "correct the topic settings"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: Code, flags: &str) -> Failure {
        Failure {
            code,
            text: "x".into(),
            retriable: flags.contains('r'),
            requires_abort: flags.contains('a'),
            fatal: flags.contains('f'),
        }
    }

    fn class(error: &Error) -> &'static str {
        match error {
            Error::Retry(_) => "retry",
            Error::Abort(_) => "abort",
            Error::Reload(_) => "reload",
            Error::Lost(_) => "lost",
            Error::Fatal(_) => "fatal",
        }
    }

    #[test]
    fn a_transaction_failure_is_classed_by_its_consequence() {
        let lost = |code| Undelivered { code, topic: "t".into(), partition: 3 };
        for (step, code, flags, undelivered, expected) in [
            (Step::Init, Code::OperationTimedOut, "r", None, "retry"),
            (Step::Init, Code::TransactionalIdAuthorizationFailed, "f", None, "retry"),
            (Step::Commit, Code::TransactionalIdAuthorizationFailed, "f", None, "abort"),
            (Step::Offsets, Code::GroupAuthorizationFailed, "a", None, "abort"),
            (Step::Offsets, Code::IllegalGeneration, "a", None, "abort"),
            (Step::Offsets, Code::OperationTimedOut, "r", None, "retry"),
            (Step::Commit, Code::OperationTimedOut, "r", None, "reload"),
            (Step::Commit, Code::Fenced, "f", None, "reload"),
            (Step::Commit, Code::InvalidProducerEpoch, "a", None, "reload"),
            (Step::Commit, Code::State, "", None, "reload"),
            (Step::Offsets, Code::OperationTimedOut, "a", None, "reload"),
            (Step::Commit, Code::Inconsistent, "a", None, "reload"),
            (Step::Commit, Code::Inconsistent, "a", Some(lost(Code::MessageTimedOut)), "reload"),
            (Step::Commit, Code::Inconsistent, "a", Some(lost(Code::TopicAuthorizationFailed)), "abort"),
            (Step::Commit, Code::Inconsistent, "a", Some(lost(Code::MessageSizeTooLarge)), "fatal"),
            (Step::Abort, Code::OperationTimedOut, "r", None, "reload"),
            (Step::Send, Code::UnknownPartition, "", None, "fatal"),
        ] {
            let error = of_transaction(step, &failure(code, flags), undelivered.as_ref());
            assert_eq!(class(&error), expected, "{step:?} {code:?} {flags}: {error}");
        }
    }

    #[test]
    fn a_client_failure_is_worth_a_retry_unless_only_the_operator_can_help() {
        for (code, expected) in [
            (Code::BrokerTransportFailure, "retry"),
            (Code::AllBrokersDown, "retry"),
            (Code::PollExceeded, "retry"),
            (Code::UnstableOffsetCommit, "retry"),
            (Code::UnknownPartition, "retry"),
            (Code::UnknownTopicOrPartition, "fatal"),
            (Code::GroupAuthorizationFailed, "retry"),
            (Code::AutoOffsetReset, "fatal"),
        ] {
            assert_eq!(class(&of_client("t-0", &KafkaError::Global(code))), expected, "{code:?}");
        }
    }
}
