//! Words and stems to roles: a double-array trie over folded bytes. Reading a word costs one load a byte, until no word fits.
//!
//! A node is a cell; the child of cell `n` by byte `b` is cell `base(n) + b` if that cell's `parent` is `n`.

use std::collections::BTreeMap;

use super::roles::Roles;

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    /// Index of the parent cell plus one; 0 is a free cell.
    parent: u32,
    base: u32,
    /// Index into `roles`; 0 is none.
    roles: u32,
}

/// Values that a byte has.
const BYTES: usize = 256;
/// Cells at the end in which a node with several children looks for room.
const RECENT: usize = 512;

/// Compiled words and stems.
#[derive(Debug)]
pub(super) struct Trie {
    cells: Vec<Cell>,
    /// Roles of a whole word, and of any word that begins so.
    roles: Vec<(Roles, Roles)>,
}

#[derive(Debug, Default)]
struct Draft {
    children: BTreeMap<u8, usize>,
    whole: Roles,
    stem: Roles,
}

impl Trie {
    /// Compiles folded words; a word that ends in `-` is a stem.
    pub(super) fn new<'a>(words: impl Iterator<Item = (&'a str, Roles)>) -> Trie {
        let mut drafts = vec![Draft::default()];
        for (word, roles) in words {
            let (letters, stem) = word.strip_suffix('-').map_or((word, false), |stem| (stem, true));
            let mut at = 0;
            for byte in letters.bytes() {
                at = match drafts[at].children.get(&byte) {
                    Some(child) => *child,
                    None => {
                        drafts.push(Draft::default());
                        let child = drafts.len() - 1;
                        drafts[at].children.insert(byte, child);
                        child
                    }
                };
            }
            if stem {
                drafts[at].stem |= roles;
            } else {
                drafts[at].whole |= roles;
            }
        }
        Trie::pack(&drafts)
    }

    /// Places the nodes of the draft, in breadth order, at the first base where all their children find free cells.
    fn pack(drafts: &[Draft]) -> Trie {
        let mut trie = Trie { cells: vec![Cell { parent: 1, ..Cell::default() }], roles: vec![(0, 0)] };
        let mut queue = std::collections::VecDeque::from([(0_usize, 0_usize)]);
        // A lower cell is out of reach for most bytes, because no base is under 0: it would be looked at in vain forever.
        let mut first_free = BYTES;
        while let Some((draft, cell)) = queue.pop_front() {
            let node = &drafts[draft];
            if node.whole | node.stem != 0 {
                trie.roles.push((node.whole, node.stem));
                trie.cells[cell].roles = (trie.roles.len() - 1) as u32;
            }
            let Some((&lowest, _)) = node.children.first_key_value() else { continue };
            while trie.is_taken(first_free) {
                first_free += 1;
            }
            // Only an only child fills old holes: for a family the search among them is long and mostly in vain.
            let from = if node.children.len() == 1 {
                first_free
            } else {
                first_free.max(trie.cells.len().saturating_sub(RECENT))
            };
            let mut base = from.saturating_sub(usize::from(lowest));
            while node.children.keys().any(|byte| trie.is_taken(base + usize::from(*byte))) {
                base += 1;
            }
            trie.cells[cell].base = base as u32;
            for (byte, child) in &node.children {
                let at = base + usize::from(*byte);
                if trie.cells.len() <= at {
                    trie.cells.resize(at + 1, Cell::default());
                }
                trie.cells[at].parent = cell as u32 + 1;
                queue.push_back((*child, at));
            }
        }
        trie
    }

    fn is_taken(&self, at: usize) -> bool {
        self.cells.get(at).is_some_and(|cell| cell.parent != 0)
    }

    /// The roles of one folded word (ASCII in any case): its own, and those of the stems it begins with.
    pub(super) fn roles_of(&self, word: &[u8]) -> Roles {
        let (mut cell, mut stems) = (0_usize, 0);
        for byte in word {
            let next = self.cells[cell].base as usize + usize::from(byte.to_ascii_lowercase());
            if self.cells.get(next).is_none_or(|next| next.parent != cell as u32 + 1) {
                return stems;
            }
            cell = next;
            stems |= self.roles[self.cells[cell].roles as usize].1;
        }
        stems | self.roles[self.cells[cell].roles as usize].0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_stems_are_found_and_nothing_else() {
        let trie =
            Trie::new([("agent", 1), ("agents", 2), ("sprech-", 4), ("a", 8), ("человек-", 16)].into_iter());
        for (word, roles) in [
            ("agent", 1),
            ("agents", 2),
            ("agen", 0),
            ("agentx", 0),
            ("sprechen", 4),
            ("sprech", 4),
            ("spreche", 4),
            ("sprec", 0),
            ("a", 8),
            ("человеком", 16),
            ("", 0),
            ("\u{1}", 0),
        ] {
            assert_eq!(trie.roles_of(word.as_bytes()), roles, "{word}");
        }
    }
}
