//! The calls of librdkafka that rdkafka does not offer, or offers in a form we cannot use. All `unsafe` of Segue is here and in
//! `granted.rs`.
//!
//! - commit: rdkafka's own flushes first, in steps of 100 ms.
//! - group metadata: rdkafka's is opaque; we check the generation, and commit with the one the batch was read under.
//! - the end that the last fetch told: rdkafka's asks the broker.
//! - position of a few partitions: rdkafka's asks for the whole assignment.
//! - offset metadata: rdkafka's accessor panics on bytes that are not UTF-8, and anyone may commit those.
//! - a pause of partitions that are not assigned yet: rdkafka has no way to make their topic known to the client first.
//! - a changed password, a token for a client that is never polled: rdkafka has neither.

use std::collections::BTreeSet;
use std::ffi::{CStr, CString, c_char};
use std::ptr;
use std::time::Duration;

use rdkafka::client::{Client, ClientContext, OAuthToken};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka_sys as sys;

use super::group::Group;
use super::producer::Deliveries;
use crate::engine::port::Membership;

/// Without an end: the caller bounds it.
const WITHOUT_END: i32 = -1;

/// A failed transaction call, with the flags that say what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub code: RDKafkaErrorCode,
    pub text: String,
    pub retriable: bool,
    pub requires_abort: bool,
    pub fatal: bool,
}

/// Copies an error object and frees it.
///
/// # Safety
/// `error` is null or an error object that nobody else frees.
pub(super) unsafe fn take(error: *mut sys::rd_kafka_error_t) -> Result<(), Failure> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: not null, ours until destroyed below; its string lives as long as it does and is copied.
    unsafe {
        let failure = Failure {
            code: sys::rd_kafka_error_code(error).into(),
            text: CStr::from_ptr(sys::rd_kafka_error_string(error)).to_string_lossy().into_owned(),
            retriable: sys::rd_kafka_error_is_retriable(error) != 0,
            requires_abort: sys::rd_kafka_error_txn_requires_abort(error) != 0,
            fatal: sys::rd_kafka_error_is_fatal(error) != 0,
        };
        sys::rd_kafka_error_destroy(error);
        Err(failure)
    }
}

/// Commits the open transaction. Blocks until it has an answer, at most for `wait`: while the coordinator is away, librdkafka
/// asks again and again. After that the outcome is unknown, and the producer must be replaced.
/// Delivery reports must be served by another thread meanwhile: a `ThreadedProducer` does.
pub(super) fn commit_transaction(producer: &Client<Deliveries>, wait: Duration) -> Result<(), Failure> {
    let wait_ms = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: the client owns a live producer handle; librdkafka is thread safe.
    unsafe { take(sys::rd_kafka_commit_transaction(producer.native_ptr(), wait_ms)) }
}

/// Adds input offsets to the open transaction, fenced by exactly this membership.
pub(super) fn send_offsets(
    producer: &Client<Deliveries>,
    offsets: &TopicPartitionList,
    group: &CStr,
    membership: &Membership,
) -> Result<(), Failure> {
    // A member id is the broker's own; one with a NUL cannot exist, and would be refused as unknown if it did.
    let member = CString::new(membership.member_id.as_str()).unwrap_or_default();
    // SAFETY: the strings outlive the call that copies them; the metadata object is freed after its only use; the
    // client and the list are live.
    unsafe {
        let metadata = sys::rd_kafka_consumer_group_metadata_new_with_genid(
            group.as_ptr(),
            membership.generation,
            member.as_ptr(),
            ptr::null(),
        );
        let error = sys::rd_kafka_send_offsets_to_transaction(
            producer.native_ptr(),
            offsets.ptr(),
            metadata,
            WITHOUT_END,
        );
        sys::rd_kafka_consumer_group_metadata_destroy(metadata);
        take(error)
    }
}

/// The member's id and generation as of now, from the thread that runs the group protocol.
pub(super) fn membership(member: &Client<Group>) -> Option<Membership> {
    // SAFETY: the client owns a live consumer handle; the metadata object is ours and freed once, after its strings
    // were copied.
    unsafe {
        let metadata = sys::rd_kafka_consumer_group_metadata(member.native_ptr());
        if metadata.is_null() {
            return None;
        }
        let found = Membership {
            generation: sys::rd_kafka_consumer_group_metadata_generation_id(metadata),
            member_id: owned(sys::rd_kafka_consumer_group_metadata_member_id(metadata)),
        };
        sys::rd_kafka_consumer_group_metadata_destroy(metadata);
        Some(found)
    }
}

/// Next offset the application would be given, for each of `partitions`; `None` before the first record.
pub(super) fn positions<C: ClientContext>(
    consumer: &Client<C>,
    topic: &str,
    partitions: impl Iterator<Item = i32>,
) -> Vec<Option<i64>> {
    let mut list = TopicPartitionList::new();
    for partition in partitions {
        list.add_partition(topic, partition);
    }
    // SAFETY: client and list are live. The call fills in offsets, and answers per element, never as a whole.
    unsafe { sys::rd_kafka_position(consumer.native_ptr(), list.ptr()) };
    // The list holds references into the consumer, which would hang when dropped before it: only numbers leave.
    entries(&list).into_iter().map(|entry| (entry.offset >= 0).then_some(entry.offset)).collect()
}

/// The end of a partition as its last fetch told it; nobody is asked. `None` before the first fetch.
pub(super) fn known_end<C: ClientContext>(consumer: &Client<C>, topic: &str, partition: i32) -> Option<i64> {
    let topic = CString::new(topic).ok()?;
    let (mut low, mut high) = (-1, -1);
    // SAFETY: the client is live, the name outlives the call, both numbers are ours.
    let code = unsafe {
        sys::rd_kafka_get_watermark_offsets(
            consumer.native_ptr(),
            topic.as_ptr(),
            partition,
            &mut low,
            &mut high,
        )
    };
    (code == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0).then_some(high)
}

/// Pauses partitions before they are assigned, so that nothing is fetched of them until they are resumed: a pause that
/// follows the assignment loses against a quick fetch. Errors: the client cannot know a topic, or a partition of it.
pub(super) fn pause_ahead<C: ClientContext>(
    consumer: &Client<C>,
    list: &TopicPartitionList,
) -> Result<(), RDKafkaErrorCode> {
    let topics: BTreeSet<String> = entries(list).into_iter().map(|entry| entry.topic).collect();
    let names = topics.into_iter().map(CString::new).collect::<Result<Vec<CString>, _>>();
    let names = names.map_err(|_| RDKafkaErrorCode::InvalidTopic)?;
    // A topic that the client does not know is passed over by a pause. It knows one as long as somebody holds a handle, and
    // from the pause on its partitions do.
    // SAFETY: client, list and names are live; a null configuration is the default; each handle is given back once, before
    // the client can go. The pause answers per element, never as a whole.
    unsafe {
        let topic =
            |name: &CString| sys::rd_kafka_topic_new(consumer.native_ptr(), name.as_ptr(), ptr::null_mut());
        let handles: Vec<_> = names.iter().map(topic).filter(|handle| !handle.is_null()).collect();
        sys::rd_kafka_pause_partitions(consumer.native_ptr(), list.ptr());
        handles.into_iter().for_each(|handle| sys::rd_kafka_topic_destroy(handle));
    }
    entries(list).into_iter().find_map(|entry| entry.error).map_or(Ok(()), Err)
}

/// One element of a list, copied out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub topic: String,
    pub partition: i32,
    /// Negative values are librdkafka's words for "none".
    pub offset: i64,
    /// Bytes that are not UTF-8 become the replacement character.
    pub metadata: String,
    pub error: Option<RDKafkaErrorCode>,
}

/// Copies a list's elements.
pub(super) fn entries(list: &TopicPartitionList) -> Vec<Entry> {
    (0..list.count())
        .map(|index| {
            // SAFETY: `index` is below the list's count, and the list is borrowed while we copy.
            unsafe {
                let element = &*(*list.ptr()).elems.add(index);
                let metadata = match element.metadata_size {
                    0 => &[],
                    size => std::slice::from_raw_parts(element.metadata.cast::<u8>(), size),
                };
                Entry {
                    topic: owned(element.topic),
                    partition: element.partition,
                    offset: element.offset,
                    metadata: String::from_utf8_lossy(metadata).into_owned(),
                    error: match RDKafkaErrorCode::from(element.err) {
                        RDKafkaErrorCode::NoError => None,
                        code => Some(code),
                    },
                }
            }
        })
        .collect()
}

/// A new name and password for connections from now on.
pub(super) fn set_credentials<C: ClientContext>(client: &Client<C>, name: &str, password: &str) {
    // A text with a NUL in it cannot be a password; the old one stays.
    let (Ok(name), Ok(password)) = (CString::new(name), CString::new(password)) else { return };
    // SAFETY: the client is live, and copies both.
    let set = unsafe {
        take(sys::rd_kafka_sasl_set_credentials(client.native_ptr(), name.as_ptr(), password.as_ptr()))
    };
    if let Err(failure) = set {
        tracing::debug!(failure.text, "a new password was not taken");
    }
}

/// A token for a client before its first poll, or for one that is never polled.
pub(super) fn set_token<C: ClientContext>(client: &Client<C>, token: &OAuthToken) -> Result<(), String> {
    let text = |text: &str| CString::new(text).map_err(|_| "the token has a NUL byte in it".to_owned());
    let (value, principal) = (text(&token.token)?, text(&token.principal_name)?);
    let mut problem: [c_char; 512] = [0; 512];
    // SAFETY: the client is live and copies the texts; no extensions; the buffer is as long as said, and ends with a NUL.
    unsafe {
        let code = sys::rd_kafka_oauthbearer_set_token(
            client.native_ptr(),
            value.as_ptr(),
            token.lifetime_ms,
            principal.as_ptr(),
            ptr::null_mut(),
            0,
            problem.as_mut_ptr(),
            problem.len(),
        );
        match RDKafkaErrorCode::from(code) {
            RDKafkaErrorCode::NoError => Ok(()),
            _ => Err(owned(problem.as_ptr())),
        }
    }
}

/// A copy of a text; empty for null.
///
/// # Safety
/// `text` is null or a NUL-terminated string that lives during the call.
pub(super) unsafe fn owned(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
