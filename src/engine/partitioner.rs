//! Which partition a key belongs to, as Kafka's Java client says it: murmur2, positive, modulo.

/// Kafka's murmur2 (seed `0x9747b28c`), signed as in Java.
pub fn murmur2(data: &[u8]) -> i32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c ^ data.len() as u32;
    let mut words = data.chunks_exact(4);
    for word in words.by_ref() {
        let mut k = u32::from_le_bytes([word[0], word[1], word[2], word[3]]).wrapping_mul(M);
        k = (k ^ (k >> 24)).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    let tail = words.remainder();
    if !tail.is_empty() {
        let k = tail.iter().rev().fold(0u32, |k, byte| (k << 8) | u32::from(*byte));
        hash = (hash ^ k).wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    (hash ^ (hash >> 15)) as i32
}

/// The partition of `key` among `partitions` (at least one), the sign bit masked as Kafka's `toPositive` does.
pub fn partition_of(key: &[u8], partitions: i32) -> i32 {
    (murmur2(key) & 0x7fff_ffff) % partitions.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_kafkas_java_client() {
        let known = [
            ("21", -973932308),
            ("foobar", -790332482),
            ("a-little-bit-long-string", -985981536),
            ("a-little-bit-longer-string", -1486304829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
            ("abc", 479470107),
        ];
        assert_eq!(known.map(|(key, _)| (key, murmur2(key.as_bytes()))), known);
    }

    #[test]
    fn a_partition_is_positive_and_in_range() {
        let places = ["21", "foobar", "abc", ""].map(|key| partition_of(key.as_bytes(), 7));
        assert!(places.iter().all(|partition| (0..7).contains(partition)), "{places:?}");
        assert_eq!(partition_of(b"21", 1_000_000_007), (-973932308 & 0x7fff_ffff) % 1_000_000_007);
    }
}
