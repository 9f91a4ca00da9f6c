//! A conversation as a shadow policy sees it, in the changelog: beside the acting policy's, under a reserved key.
//!
//! ```text
//! key     NUL "shadow/"  16 hexadecimal digits: the policy's print  "/"  conversation id
//! value   byte 0x80  then the packed conversation of [`super::conversation`]
//! ```
//!
//! The print changes with anything in the policy, so what another policy has seen is never taken for this one's. No
//! conversation id can begin like the key (see [`super::partition::KEY`]). The first byte is no version of the packed
//! layout: a program that knows nothing of shadows stops at it, and never acts on it.

use super::Problem;
use super::policy::show;
use crate::domain::ids;
use crate::domain::policy::Policy;

/// How every such key begins.
const PREFIX: &[u8] = b"\0shadow/";
const DIGITS: usize = 16;
/// The first byte of every value.
const MARK: u8 = 0x80;

/// Tells a policy from every other one: from its whole text, defaults included.
pub fn print(policy: &Policy) -> u64 {
    ids::print(&show(policy))
}

/// A print as it stands in keys.
pub fn print_text(print: u64) -> String {
    format!("{print:016x}")
}

/// The changelog key of a conversation.
pub fn key(print: u64, conversation_id: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(PREFIX.len() + DIGITS + 1 + conversation_id.len());
    key.extend_from_slice(PREFIX);
    key.extend_from_slice(print_text(print).as_bytes());
    key.push(b'/');
    key.extend_from_slice(conversation_id);
    key
}

/// The print and the conversation id of a key; `None`: the key is no shadow's.
pub fn read_key(key: &[u8]) -> Option<(u64, &[u8])> {
    let (digits, rest) = key.strip_prefix(PREFIX)?.split_at_checked(DIGITS)?;
    let print = u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    Some((print, rest.strip_prefix(b"/")?))
}

/// Appends the value of a packed conversation.
pub fn put(packed: &[u8], out: &mut Vec<u8>) {
    out.push(MARK);
    out.extend_from_slice(packed);
}

/// The packed conversation in a value. Errors: the value is none of a shadow's that this version can read.
pub fn packed(value: &[u8]) -> Result<&[u8], Problem> {
    value.strip_prefix(&[MARK]).ok_or_else(|| Problem {
        stage: "decode",
        error: "the state of a shadow policy is of a layout that this version does not know".to_owned(),
        field: None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::conversation::Conversation;
    use crate::wire::{conversation, partition, policy};

    #[test]
    fn keys_and_values_are_pinned() {
        assert_eq!(key(0x9f86_d081_884c_7d65, b"c-17"), b"\0shadow/9f86d081884c7d65/c-17");
        let mut value = Vec::new();
        put(&[3, 1, 2], &mut value);
        assert_eq!(value, [0x80, 3, 1, 2]);
    }

    #[test]
    fn what_is_no_shadows_is_told() {
        for key in [&b"c-17"[..], partition::KEY, b"", b"\0shadow/9f86", b"\0shadow/9f86d081884c7d6x/c-17"] {
            assert_eq!(read_key(key), None);
        }
        assert_eq!(packed(&[3, 1]).map_err(|problem| problem.stage), Err("decode"));
        assert_eq!(packed(&[]).map_err(|problem| problem.stage), Err("decode"));
    }

    #[test]
    fn a_program_without_shadows_refuses_their_states() {
        let mut value = Vec::new();
        conversation::encode(&Conversation::default(), &mut value);
        conversation::peek(&value).expect("a state");
        let mut marked = Vec::new();
        put(&value, &mut marked);
        conversation::peek(&marked).expect_err("no version of the layout");
    }

    #[test]
    fn any_change_of_a_policy_changes_its_print() {
        let load = |text: &str| print(&policy::load("canary.toml", text).expect("a policy"));
        let prints =
            ["version = \"7\"", "version = \"8\"", "version = \"7\"\n[triggers.loop]\nturns = 5"].map(load);
        assert_eq!(prints[0], load("version = \"7\" # the same"));
        assert!(prints[0] != prints[1] && prints[0] != prints[2] && prints[1] != prints[2], "{prints:?}");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(print in any::<u64>(), id in any::<Vec<u8>>(), state in any::<Vec<u8>>()) {
            let key = key(print, &id);
            prop_assert_eq!(read_key(&key), Some((print, id.as_slice())));
            let mut value = Vec::new();
            put(&state, &mut value);
            prop_assert_eq!(packed(&value), Ok(state.as_slice()));
        }
    }
}
