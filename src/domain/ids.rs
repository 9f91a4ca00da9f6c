//! Identifiers and time. Ids derive from content, so a replay yields the same ones.

use uuid::Uuid;

/// Epoch milliseconds, UTC; durations are milliseconds too (and end in `_ms`).
pub type Millis = i64;

/// Segue's own UUIDv5 namespace (itself UUIDv5 of the DNS name `segue.handoff`).
pub fn namespace() -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_DNS, b"segue.handoff")
}

/// The one hand-off of an episode: UUIDv5(namespace, `conversation_id/started_at/episode`).
pub fn handoff_id(conversation_id: &str, started_at: Millis, episode: u32) -> Uuid {
    Uuid::new_v5(&namespace(), format!("{conversation_id}/{started_at}/{episode}").as_bytes())
}

/// A stable 64-bit print of an event id (FNV-1a): the same on every machine and version.
pub fn print(text: &str) -> u64 {
    print_bytes(text.as_bytes())
}

/// The same of any bytes.
pub fn print_bytes(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
