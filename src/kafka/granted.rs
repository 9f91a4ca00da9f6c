//! What we may do, as the cluster itself says it (KIP-430), and who is in a group. Nothing is tried, so nothing changes.
//!
//! rdkafka does not offer these calls; the `unsafe` of them is here.

use std::ffi::{CString, c_char, c_int};
use std::ptr;
use std::thread;
use std::time::Duration;

use rdkafka::client::{Client, ClientContext};
use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka_sys as sys;

use super::ffi::{owned, take};
use super::rights::{self, Granted, Operation, Right};
use super::topics::{Spec, connect};
use crate::engine::error::Error;

const ANSWER_WAIT: Duration = Duration::from_secs(10);
/// librdkafka itself says that a time is over, a little later.
const GRACE_MS: c_int = 1_000;
const GROUP_TIMES: usize = 5;
const GROUP_PAUSE: Duration = Duration::from_millis(500);

/// A consumer group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub kind: Kind,
    /// The assignor its members agreed on; empty without members.
    pub assignor: String,
    /// Client ids and hosts.
    pub members: Vec<(String, String)>,
    /// What we may do with it; `None`: the broker does not say.
    pub operations: Option<Vec<Operation>>,
}

/// Which protocol its members speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Classic,
    /// KIP-848.
    Consumer,
    Unknown,
}

/// What the cluster says of those of these rights that are about topics.
pub fn topics(spec: &Spec, rights: &[Right]) -> Result<Vec<(Right, Granted)>, Error> {
    let cluster = connect(spec)?;
    let asked = rights::ask(cluster.asker.client(), rights, ANSWER_WAIT)?;
    Ok(asked.into_iter().map(|(right, granted)| (right.clone(), granted)).collect())
}

/// How a consumer group stands; one that does not exist has no members. A coordinator that is only just found or made is
/// asked again.
pub fn group(spec: &Spec, name: &str) -> Result<Group, Error> {
    let cluster = connect(spec)?;
    let client = cluster.asker.client();
    for _ in 1..GROUP_TIMES {
        match group_access(client, name, ANSWER_WAIT) {
            Err(error) if !is_refusal(error.message()) => thread::sleep(GROUP_PAUSE),
            answer => return answer,
        }
    }
    group_access(client, name, ANSWER_WAIT)
}

/// Whether a message says that we may not ask.
pub fn is_refusal(message: &str) -> bool {
    message.to_ascii_lowercase().contains("authorization failed")
}

/// What a topic's broker says of it, and of us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TopicAccess {
    pub name: String,
    pub error: Option<RDKafkaErrorCode>,
    /// What we may do with it; `None`: the broker does not say.
    pub operations: Option<Vec<Operation>>,
}

/// Asks what we may do with topics. Creates none. Each name once: librdkafka refuses a list with one twice.
pub(super) fn topic_access<C: ClientContext>(
    client: &Client<C>,
    names: &[&str],
    wait: Duration,
) -> Result<Vec<TopicAccess>, RDKafkaErrorCode> {
    let names: Vec<CString> = names.iter().filter_map(|name| CString::new(*name).ok()).collect();
    let mut pointers: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
    let about = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS;
    let event = ask(client, about, wait, |call| {
        // SAFETY: all of `call` is live; the names outlive the collection that copies them, which is freed after its only use.
        unsafe {
            let topics = sys::rd_kafka_TopicCollection_of_topic_names(pointers.as_mut_ptr(), pointers.len());
            sys::rd_kafka_DescribeTopics(call.client, topics, call.options, call.queue);
            sys::rd_kafka_TopicCollection_destroy(topics);
        }
    });
    let event = event.map_err(|(code, _)| code)?;
    // SAFETY: everything the accessors return lives as long as the event, and is copied.
    unsafe {
        let result = sys::rd_kafka_event_DescribeTopics_result(event.0);
        let mut count = 0;
        let topics = sys::rd_kafka_DescribeTopics_result_topics(result, &mut count);
        let topic = |at| {
            let topic = *topics.add(at);
            let mut known = 0;
            let list = sys::rd_kafka_TopicDescription_authorized_operations(topic, &mut known);
            TopicAccess {
                name: owned(sys::rd_kafka_TopicDescription_name(topic)),
                error: failure(sys::rd_kafka_TopicDescription_error(topic)).map(|(code, _)| code),
                operations: operations(list, known),
            }
        };
        Ok((0..count).map(topic).collect())
    }
}

fn group_access<C: ClientContext>(client: &Client<C>, name: &str, wait: Duration) -> Result<Group, Error> {
    let id = CString::new(name).unwrap_or_default();
    let mut ids = [id.as_ptr()];
    let about = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS;
    let event = ask(client, about, wait, |call| {
        // SAFETY: all of `call` is live; the name is copied.
        unsafe {
            sys::rd_kafka_DescribeConsumerGroups(call.client, ids.as_mut_ptr(), 1, call.options, call.queue)
        }
    });
    let event = event.map_err(|(_, why)| Error::Retry(format!("group: {why}")))?;
    // SAFETY: everything the accessors return lives as long as the event, and is copied.
    unsafe {
        let mut count = 0;
        let result = sys::rd_kafka_event_DescribeConsumerGroups_result(event.0);
        let all = sys::rd_kafka_DescribeConsumerGroups_result_groups(result, &mut count);
        if count == 0 {
            return Err(Error::Retry("no answer".to_owned()));
        }
        let group = *all;
        if let Some((_, why)) = failure(sys::rd_kafka_ConsumerGroupDescription_error(group)) {
            return Err(Error::Retry(why));
        }
        let mut known = 0;
        let list = sys::rd_kafka_ConsumerGroupDescription_authorized_operations(group, &mut known);
        let member = |at| {
            let member = sys::rd_kafka_ConsumerGroupDescription_member(group, at);
            (
                owned(sys::rd_kafka_MemberDescription_client_id(member)),
                owned(sys::rd_kafka_MemberDescription_host(member)),
            )
        };
        Ok(Group {
            kind: match sys::rd_kafka_ConsumerGroupDescription_type(group) {
                sys::rd_kafka_consumer_group_type_t::RD_KAFKA_CONSUMER_GROUP_TYPE_CLASSIC => Kind::Classic,
                sys::rd_kafka_consumer_group_type_t::RD_KAFKA_CONSUMER_GROUP_TYPE_CONSUMER => Kind::Consumer,
                _ => Kind::Unknown,
            },
            assignor: owned(sys::rd_kafka_ConsumerGroupDescription_partition_assignor(group)),
            members: (0..sys::rd_kafka_ConsumerGroupDescription_member_count(group)).map(member).collect(),
            operations: operations(list, known),
        })
    }
}

/// What a question is sent with.
struct Call {
    client: *mut sys::rd_kafka_t,
    options: *mut sys::rd_kafka_AdminOptions_t,
    queue: *mut sys::rd_kafka_queue_t,
}

/// Sends a question, what we may do included, and waits for the answer. Errors: there is none, and why.
fn ask<C: ClientContext>(
    client: &Client<C>,
    about: sys::rd_kafka_admin_op_t,
    wait: Duration,
    send: impl FnOnce(&Call),
) -> Result<Event, (RDKafkaErrorCode, String)> {
    let wait_ms = c_int::try_from(wait.as_millis()).unwrap_or(c_int::MAX);
    // SAFETY: the client is live; options, queue and event are ours and each freed once, the event by `Event`. Neither option
    // is refused, both are of these calls, and the time is in its bounds.
    let event = unsafe {
        let rk = client.native_ptr();
        let options = sys::rd_kafka_AdminOptions_new(rk, about);
        let _known = take(sys::rd_kafka_AdminOptions_set_include_authorized_operations(options, 1));
        let _bounded = sys::rd_kafka_AdminOptions_set_request_timeout(options, wait_ms, ptr::null_mut(), 0);
        let call = Call { client: rk, options, queue: sys::rd_kafka_queue_new(rk) };
        send(&call);
        let event = Event(sys::rd_kafka_queue_poll(call.queue, wait_ms.saturating_add(GRACE_MS)));
        sys::rd_kafka_queue_destroy(call.queue);
        sys::rd_kafka_AdminOptions_destroy(options);
        event
    };
    if event.0.is_null() {
        return Err((RDKafkaErrorCode::OperationTimedOut, "no answer".to_owned()));
    }
    // SAFETY: the event is live; its text is copied.
    let (code, why) = unsafe {
        (sys::rd_kafka_event_error(event.0).into(), owned(sys::rd_kafka_event_error_string(event.0)))
    };
    if code == RDKafkaErrorCode::NoError { Ok(event) } else { Err((code, why)) }
}

/// An answer.
struct Event(*mut sys::rd_kafka_event_t);

impl Drop for Event {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: ours, freed once.
            unsafe { sys::rd_kafka_event_destroy(self.0) }
        }
    }
}

/// # Safety
/// `error` is null or an error object that lives during the call.
unsafe fn failure(error: *const sys::rd_kafka_error_t) -> Option<(RDKafkaErrorCode, String)> {
    if error.is_null() {
        return None;
    }
    // SAFETY: as the caller promises; the string is copied.
    let (code, said) = unsafe {
        (RDKafkaErrorCode::from(sys::rd_kafka_error_code(error)), owned(sys::rd_kafka_error_string(error)))
    };
    let says_something = !said.trim_end().ends_with(':') && !said.is_empty();
    (code != RDKafkaErrorCode::NoError).then(|| (code, if says_something { said } else { code.to_string() }))
}

/// `None`: the broker does not say. What no right of ours is about is left out.
///
/// # Safety
/// `list` points to `count` operations, or is null with none.
unsafe fn operations(list: *const sys::rd_kafka_AclOperation_t, count: usize) -> Option<Vec<Operation>> {
    use sys::rd_kafka_AclOperation_t as Acl;
    if list.is_null() || count == 0 {
        return None;
    }
    // SAFETY: as the caller promises.
    let all = unsafe { std::slice::from_raw_parts(list, count) };
    let known = |operation: &Acl| match operation {
        Acl::RD_KAFKA_ACL_OPERATION_READ => Some(Operation::Read),
        Acl::RD_KAFKA_ACL_OPERATION_WRITE => Some(Operation::Write),
        Acl::RD_KAFKA_ACL_OPERATION_CREATE => Some(Operation::Create),
        Acl::RD_KAFKA_ACL_OPERATION_DESCRIBE => Some(Operation::Describe),
        Acl::RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS => Some(Operation::DescribeConfigs),
        _ => None,
    };
    Some(all.iter().filter_map(known).collect())
}
