//! What we may do, as the cluster itself says it (KIP-430), and who is in our groups. Nothing is tried, so nothing changes.
//!
//! rdkafka does not offer these calls; the `unsafe` of them is here.

use std::collections::BTreeSet;
use std::ffi::{CStr, CString, c_char};
use std::ptr;
use std::thread;
use std::time::Duration;

use rdkafka::error::RDKafkaErrorCode;
use rdkafka_sys as sys;

use super::topics::{Spec, connect};
use crate::engine::error::Error;

const ANSWER_WAIT: Duration = Duration::from_secs(10);
const GROUP_TIMES: usize = 5;
const GROUP_PAUSE: Duration = Duration::from_millis(500);

/// What a principal may do with a topic or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    Read,
    Write,
    Describe,
    DescribeConfigs,
    Other,
}

/// A topic's answer. Errors: why there is none, such as that we may not even know of it.
pub type Rights = Result<BTreeSet<Operation>, String>;

/// A consumer group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub kind: Kind,
    pub has_members: bool,
    /// The assignor its members agreed on; empty without members.
    pub assignor: String,
    /// Client ids and hosts.
    pub members: Vec<(String, String)>,
    pub operations: BTreeSet<Operation>,
}

/// Which protocol its members speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Classic,
    /// KIP-848.
    Consumer,
    Unknown,
}

/// What we may do with each of these topics, in their order.
pub fn topics(spec: &Spec, names: &[&str]) -> Result<Vec<Rights>, Error> {
    let names: Vec<CString> = names.iter().filter_map(|name| CString::new(*name).ok()).collect();
    let mut pointers: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
    let call = Call::new(spec, sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS)?;
    // SAFETY: client, options and queue live in `call`; the collection copies the names and is freed after its only use.
    unsafe {
        let collection = sys::rd_kafka_TopicCollection_of_topic_names(pointers.as_mut_ptr(), pointers.len());
        sys::rd_kafka_DescribeTopics(call.client(), collection, call.options, call.queue);
        sys::rd_kafka_TopicCollection_destroy(collection);
    }
    let event = call.answer("rights on topics")?;
    let mut found = Vec::new();
    // SAFETY: the event lives until the end of the function; everything read belongs to it and is copied.
    unsafe {
        let mut count = 0;
        let result = sys::rd_kafka_event_DescribeTopics_result(event.0);
        let all = sys::rd_kafka_DescribeTopics_result_topics(result, &mut count);
        for at in 0..count {
            let topic = *all.add(at);
            let mut operations = 0;
            let list = sys::rd_kafka_TopicDescription_authorized_operations(topic, &mut operations);
            found.push(refusal(sys::rd_kafka_TopicDescription_error(topic)).map(|()| set(list, operations)));
        }
    }
    Ok(found)
}

/// How a consumer group stands; one that does not exist has no members. A coordinator that is only just found or made is
/// asked again.
pub fn group(spec: &Spec, name: &str) -> Result<Group, Error> {
    for _ in 1..GROUP_TIMES {
        match ask_group(spec, name) {
            Err(error) if !is_refusal(error.message()) => thread::sleep(GROUP_PAUSE),
            answer => return answer,
        }
    }
    ask_group(spec, name)
}

/// Whether a message says that we may not ask.
pub fn is_refusal(message: &str) -> bool {
    message.to_ascii_lowercase().contains("authorization failed")
}

fn ask_group(spec: &Spec, name: &str) -> Result<Group, Error> {
    let call = Call::new(spec, sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS)?;
    let id = CString::new(name).unwrap_or_default();
    let mut ids = [id.as_ptr()];
    // SAFETY: client, options and queue live in `call`; the name is copied.
    unsafe {
        sys::rd_kafka_DescribeConsumerGroups(call.client(), ids.as_mut_ptr(), 1, call.options, call.queue)
    };
    let event = call.answer("group")?;
    // SAFETY: the event lives until the end of the function; everything read belongs to it and is copied.
    unsafe {
        let mut count = 0;
        let result = sys::rd_kafka_event_DescribeConsumerGroups_result(event.0);
        let all = sys::rd_kafka_DescribeConsumerGroups_result_groups(result, &mut count);
        if count == 0 {
            return Err(Error::Retry("no answer".to_owned()));
        }
        let group = *all;
        refusal(sys::rd_kafka_ConsumerGroupDescription_error(group)).map_err(Error::Retry)?;
        let mut operations = 0;
        let list = sys::rd_kafka_ConsumerGroupDescription_authorized_operations(group, &mut operations);
        let members: Vec<(String, String)> = (0..sys::rd_kafka_ConsumerGroupDescription_member_count(group))
            .map(|at| {
                let member = sys::rd_kafka_ConsumerGroupDescription_member(group, at);
                (
                    text(sys::rd_kafka_MemberDescription_client_id(member)),
                    text(sys::rd_kafka_MemberDescription_host(member)),
                )
            })
            .collect();
        Ok(Group {
            kind: match sys::rd_kafka_ConsumerGroupDescription_type(group) {
                sys::rd_kafka_consumer_group_type_t::RD_KAFKA_CONSUMER_GROUP_TYPE_CLASSIC => Kind::Classic,
                sys::rd_kafka_consumer_group_type_t::RD_KAFKA_CONSUMER_GROUP_TYPE_CONSUMER => Kind::Consumer,
                _ => Kind::Unknown,
            },
            has_members: !members.is_empty(),
            assignor: text(sys::rd_kafka_ConsumerGroupDescription_partition_assignor(group)),
            members,
            operations: set(list, operations),
        })
    }
}

/// An admin call under way: its client, options and queue, freed together.
struct Call {
    admin: rdkafka::admin::AdminClient<super::link::Quiet>,
    options: *mut sys::rd_kafka_AdminOptions_t,
    queue: *mut sys::rd_kafka_queue_t,
}

impl Call {
    /// For a call that is to tell what we may do.
    fn new(spec: &Spec, operation: sys::rd_kafka_admin_op_t) -> Result<Call, Error> {
        let admin = connect(spec)?.admin()?;
        let client = admin.inner().native_ptr();
        // SAFETY: the client is live and kept beside them; both are ours and freed once, in `drop`. The error of a call
        // that takes the option is null; one of a call that does not is freed.
        unsafe {
            let options = sys::rd_kafka_AdminOptions_new(client, operation);
            let wait = ANSWER_WAIT.as_millis() as i32;
            sys::rd_kafka_AdminOptions_set_request_timeout(options, wait, ptr::null_mut(), 0);
            let refused = sys::rd_kafka_AdminOptions_set_include_authorized_operations(options, 1);
            if !refused.is_null() {
                sys::rd_kafka_error_destroy(refused);
            }
            Ok(Call { options, queue: sys::rd_kafka_queue_new(client), admin })
        }
    }

    fn client(&self) -> *mut sys::rd_kafka_t {
        self.admin.inner().native_ptr()
    }

    /// Waits for the answer.
    fn answer(&self, about: &str) -> Result<Event, Error> {
        let wait = (ANSWER_WAIT + Duration::from_secs(2)).as_millis() as i32;
        // SAFETY: the queue is live; the event is ours and freed by `Event`.
        let event = Event(unsafe { sys::rd_kafka_queue_poll(self.queue, wait) });
        if event.0.is_null() {
            return Err(Error::Retry(format!("{about}: no answer")));
        }
        // SAFETY: the event is live, its string is copied.
        let (code, why) = unsafe {
            (
                RDKafkaErrorCode::from(sys::rd_kafka_event_error(event.0)),
                text(sys::rd_kafka_event_error_string(event.0)),
            )
        };
        match code {
            RDKafkaErrorCode::NoError => Ok(event),
            _ => Err(Error::Retry(format!("{about}: {why}"))),
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // SAFETY: ours, freed once, before the client.
        unsafe {
            sys::rd_kafka_queue_destroy(self.queue);
            sys::rd_kafka_AdminOptions_destroy(self.options);
        }
    }
}

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
unsafe fn refusal(error: *const sys::rd_kafka_error_t) -> Result<(), String> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: as the caller promises; the string is copied.
    unsafe {
        match RDKafkaErrorCode::from(sys::rd_kafka_error_code(error)) {
            RDKafkaErrorCode::NoError => Ok(()),
            code => {
                let said = text(sys::rd_kafka_error_string(error));
                let says_something = !said.trim_end().ends_with(':') && !said.is_empty();
                Err(if says_something { said } else { code.to_string() })
            }
        }
    }
}

/// # Safety
/// `list` points to `count` operations, or is null with none.
unsafe fn set(list: *const sys::rd_kafka_AclOperation_t, count: usize) -> BTreeSet<Operation> {
    use sys::rd_kafka_AclOperation_t as Acl;
    if list.is_null() {
        return BTreeSet::new();
    }
    // SAFETY: as the caller promises.
    let all = unsafe { std::slice::from_raw_parts(list, count) };
    all.iter()
        .map(|operation| match operation {
            Acl::RD_KAFKA_ACL_OPERATION_READ => Operation::Read,
            Acl::RD_KAFKA_ACL_OPERATION_WRITE => Operation::Write,
            Acl::RD_KAFKA_ACL_OPERATION_DESCRIBE => Operation::Describe,
            Acl::RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS => Operation::DescribeConfigs,
            _ => Operation::Other,
        })
        .collect()
}

/// # Safety
/// `text` is null or a NUL-terminated string that lives during the call.
unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
