//! Where words begin and end, what they hash to, and the table from hashes to roles. Built for speed: boundaries come from
//! bit masks and hashes from two loads, so that an ordinary word costs no branch that a processor could guess wrong.
//!
//! A word is its 64-bit hash: the same on every machine and version, because prints of texts are kept in the state.

use std::borrow::Cow;

use super::roles::Roles;

/// Bytes looked at together.
const BLOCK: usize = 64;

/// Letters, digits and everything beyond ASCII make words.
fn is_word(byte: u8) -> bool {
    byte >= 0x80 || byte.is_ascii_alphanumeric()
}

/// Walks the words of a text.
pub(super) struct Scan<'a> {
    bytes: &'a [u8],
    /// The block that `mask` describes: one bit a byte, set where it belongs to a word.
    block: usize,
    mask: u64,
}

impl<'a> Scan<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Scan<'a> {
        Scan { bytes, block: 0, mask: word_mask(bytes, 0) }
    }

    /// The next word at or after `from`, as a range of bytes.
    #[inline]
    pub(super) fn next(&mut self, from: usize) -> Option<(usize, usize)> {
        let start = self.find::<true>(from)?;
        Some((start, self.find::<false>(start).unwrap_or(self.bytes.len())))
    }

    /// The first byte from `from` on that belongs to a word, or does not.
    #[inline]
    fn find<const WORD: bool>(&mut self, from: usize) -> Option<usize> {
        let mut at = from;
        while at < self.bytes.len() {
            if at / BLOCK != self.block {
                self.block = at / BLOCK;
                self.mask = word_mask(self.bytes, self.block * BLOCK);
            }
            let wanted = if WORD { self.mask } else { !self.mask } >> (at % BLOCK);
            if wanted != 0 {
                // Behind the end of the text the mask is clear.
                return Some(at + wanted.trailing_zeros() as usize).filter(|found| *found < self.bytes.len());
            }
            at = (self.block + 1) * BLOCK;
        }
        None
    }
}

/// One bit a byte of the block that begins at `from`, set where [`is_word`]; clear behind the end.
fn word_mask(bytes: &[u8], from: usize) -> u64 {
    let rest = bytes.get(from..).unwrap_or_default();
    let mut padded = [0_u8; BLOCK];
    let block = match rest.first_chunk::<BLOCK>() {
        Some(block) => block,
        None => {
            padded[..rest.len()].copy_from_slice(rest);
            &padded
        }
    };
    let (eights, _) = block.as_chunks::<8>();
    eights.iter().rev().fold(0, |mask, eight| mask << 8 | word_bits(u64::from_le_bytes(*eight)))
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Eight bytes at once: bit i is set where byte i belongs to a word.
#[inline]
fn word_bits(eight: u64) -> u64 {
    let ascii = eight & !HIGH;
    let lower = ascii | (LOW * 0x20);
    // Adding moves a byte's high bit from the bound on; no carry leaves a byte, because both are under 0x80.
    let from = |bytes: u64, bound: u8| bytes + LOW * u64::from(0x80 - bound);
    let letter = from(lower, b'a') & !from(lower, b'z' + 1);
    let digit = from(ascii, b'0') & !from(ascii, b'9' + 1);
    let is_word = (letter | digit | eight) & HIGH;
    (is_word >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// The hash of the word at `start..end`; ASCII case does not matter.
#[inline(always)]
pub(super) fn hash_at(bytes: &[u8], start: usize, end: usize) -> u64 {
    let length = end - start;
    if length > 16 {
        return hash_long(&bytes[start..end]);
    }
    let loaded = match bytes[start..].first_chunk::<16>() {
        Some(chunk) => u128::from_le_bytes(*chunk),
        None => last_bytes(&bytes[start..]),
    };
    let word = loaded & (u128::MAX >> (128 - 8 * length));
    mix(lower(word as u64), lower((word >> 64) as u64))
}

/// Fewer than sixteen bytes, and nothing behind them.
fn last_bytes(bytes: &[u8]) -> u128 {
    let mut padded = [0_u8; 16];
    padded[..bytes.len()].copy_from_slice(bytes);
    u128::from_le_bytes(padded)
}

/// A long word is rare: its pieces of sixteen bytes, one mixed into the next.
#[cold]
fn hash_long(word: &[u8]) -> u64 {
    word.chunks(16).fold(0, |hash, piece| hash.rotate_left(17) ^ hash_at(piece, 0, piece.len()))
}

/// ASCII letters in lower case. (Other ASCII bytes that differ in that bit do not occur in words.)
#[inline]
fn lower(eight: u64) -> u64 {
    eight | ((!eight & HIGH) >> 2)
}

#[inline]
pub(super) fn mix(low: u64, high: u64) -> u64 {
    let mixed = (low ^ high.wrapping_mul(MIX).rotate_left(23)).wrapping_mul(MIX);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// The hash of a folded word.
pub(super) fn hash_of(word: &str) -> u64 {
    if word.is_empty() { 0 } else { hash_at(word.as_bytes(), 0, word.len()) }
}

/// The words of a folded phrase, spelled as the reader spells them.
pub(super) fn words_of(phrase: &str) -> Vec<Cow<'_, str>> {
    let is_quote = |c: char| matches!(c, '\'' | '`');
    let runs = phrase.split(|c: char| c.is_ascii() && !is_word(c as u8) && !is_quote(c));
    let mut words = Vec::new();
    for run in runs.filter(|run| !run.is_empty()) {
        if run.contains(is_quote) {
            words.extend(unquoted(run).into_iter().map(Cow::Owned));
        } else if run.bytes().any(|byte| byte.is_ascii_uppercase()) {
            words.push(Cow::Owned(run.to_ascii_lowercase()));
        } else {
            words.push(Cow::Borrowed(run));
        }
    }
    words
}

/// The words of a run of letters and apostrophes, each of which parts two words or is dropped.
fn unquoted(run: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for piece in run.split(['\'', '`']) {
        if words.last().is_some_and(|word| elides(word.as_bytes())) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push_str(&piece.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether an apostrophe after these letters ends a word (l'agent, d'un, dell'operatore, i'm) or is dropped (don't).
pub(super) fn elides(word: &[u8]) -> bool {
    word.len() == 1
        || word.eq_ignore_ascii_case(b"qu")
        || word.eq_ignore_ascii_case(b"un")
        || word.last_chunk::<2>().is_some_and(|end| end.eq_ignore_ascii_case(b"ll"))
}

const SLOTS: usize = 4;

/// Word hashes to roles: four slots a bucket and no overflow, so a look-up is four comparisons and no search.
#[derive(Debug)]
pub(super) struct Table {
    buckets: Vec<Bucket>,
    /// Distinct sets of roles; the first is empty.
    roles: Vec<Roles>,
    shift: u32,
    spread: u64,
}

#[derive(Clone, Copy, Debug, Default)]
#[repr(align(32))]
struct Bucket {
    tags: [u32; SLOTS],
    /// Index into `roles` of each tag.
    index: [u16; SLOTS],
}

impl Table {
    /// Compiles words with their roles; a word given twice has both.
    pub(super) fn new<'a>(words: impl Iterator<Item = (&'a str, Roles)>) -> Table {
        let mut sorted: Vec<(u64, Roles)> = words.map(|(word, roles)| (hash_of(word), roles)).collect();
        sorted.sort_unstable_by_key(|(hash, _)| *hash);
        sorted.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 |= next.1;
            }
            same
        });
        let least = (sorted.len() / 2).next_power_of_two().ilog2().max(4);
        // A spread under which no bucket overflows; with more buckets it is soon found.
        (least..)
            .flat_map(|bits| (0..16_u64).map(move |n| (bits, MIX.wrapping_mul(2 * n + 1))))
            .find_map(|(bits, spread)| Table::pack(&sorted, bits, spread))
            .expect("more buckets than words hold them")
    }

    fn pack(words: &[(u64, Roles)], bits: u32, spread: u64) -> Option<Table> {
        let buckets = vec![Bucket::default(); 1 << bits];
        let mut table = Table { buckets, roles: vec![0], shift: 64 - bits, spread };
        for (hash, roles) in words {
            let bucket = table.bucket(*hash);
            // Two words of one tag are told apart by their buckets.
            if table.buckets[bucket].tags.contains(&tag(*hash)) {
                return None;
            }
            let slot = table.buckets[bucket].tags.iter().position(|tag| *tag == 0)?;
            let known = table.roles.iter().position(|known| known == roles);
            let index = known.unwrap_or_else(|| {
                table.roles.push(*roles);
                table.roles.len() - 1
            });
            table.buckets[bucket].tags[slot] = tag(*hash);
            table.buckets[bucket].index[slot] = index as u16;
        }
        Some(table)
    }

    #[inline]
    fn bucket(&self, hash: u64) -> usize {
        (hash.wrapping_mul(self.spread) >> self.shift) as usize
    }

    /// The roles of a word, 0 for an unknown one.
    #[inline]
    pub(super) fn roles_of(&self, hash: u64) -> Roles {
        let (bucket, tag) = (&self.buckets[self.bucket(hash)], tag(hash));
        // Without branches: whether a word is known cannot be guessed.
        let found = (0..SLOTS)
            .fold(0, |found, slot| found | (bucket.index[slot] * u16::from(bucket.tags[slot] == tag)));
        self.roles[usize::from(found)]
    }
}

/// What a slot compares; never 0, which is an empty slot.
#[inline]
fn tag(hash: u64) -> u32 {
    hash as u32 | 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let (mut scan, mut at, mut found) = (Scan::new(text.as_bytes()), 0, Vec::new());
        while let Some((start, end)) = scan.next(at) {
            found.push(&text[start..end]);
            at = end;
        }
        found
    }

    #[test]
    fn words_end_where_letters_end() {
        let long = "x".repeat(70);
        let text = format!("Hi there,I'm 3.50@ {long} größe@[`{{/:z");
        assert_eq!(words(&text), ["Hi", "there", "I", "m", "3", "50", &long, "größe", "z"]);
        assert_eq!(words(""), [""; 0]);
        assert_eq!(words(" ... "), [""; 0]);
        let edge = format!("{} {}", "a".repeat(63), "b".repeat(64));
        assert_eq!(words(&edge), ["a".repeat(63), "b".repeat(64)]);
    }

    #[test]
    fn every_byte_is_told_apart() {
        for byte in 0..=255_u8 {
            assert_eq!(word_bits(u64::from(byte)) & 1 == 1, is_word(byte), "{byte}");
        }
    }

    #[test]
    fn a_hash_knows_the_word_and_not_its_surroundings() {
        let text = b"xx Representatives, and representatives!";
        assert_eq!(hash_at(text, 3, 18), hash_of("representatives"));
        assert_eq!(hash_at(text, 24, 39), hash_of("representatives"));
        assert_ne!(hash_of("a"), hash_of("b"));
        assert_ne!(hash_of("unverschaemtheiten1"), hash_of("unverschaemtheiten2"));
    }

    #[test]
    fn a_table_knows_its_words_and_no_others() {
        let words: Vec<String> = (0..3_000).map(|n| format!("word{n}")).collect();
        let table = Table::new(words.iter().zip(1..).map(|(word, roles)| (word.as_str(), roles)));
        for (word, roles) in words.iter().zip(1..) {
            assert_eq!(table.roles_of(hash_of(word)), roles);
        }
        assert_eq!(table.roles_of(hash_of("word3000")), 0);
    }
}
