//! Words to roles: a double-array trie over folded bytes. Reading a word costs one load a byte, and none once no word fits.
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

/// Cells at the end in which a node with several children looks for room.
const RECENT: usize = 512;

/// Compiled words and stems.
#[derive(Debug)]
pub(super) struct Trie {
    cells: Vec<Cell>,
    /// Roles of a whole word, and of any word that begins so.
    roles: Vec<(Roles, Roles)>,
}

/// Where a walk stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    cell: u32,
    /// Roles by stems passed so far.
    stems: Roles,
}

impl Walk {
    pub(super) const START: Walk = Walk { cell: 0, stems: 0 };
    const LOST: u32 = u32::MAX;
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
        let mut first_free = 1;
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
            let from = if node.children.len() == 1 { first_free } else { first_free.max(trie.cells.len().saturating_sub(RECENT)) };
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

    /// One byte further.
    #[inline]
    pub(super) fn step(&self, walk: &mut Walk, byte: u8) {
        if walk.cell == Walk::LOST {
            return;
        }
        let next = self.cells[walk.cell as usize].base + u32::from(byte);
        match self.cells.get(next as usize) {
            Some(cell) if cell.parent == walk.cell + 1 => {
                walk.cell = next;
                if cell.roles != 0 {
                    walk.stems |= self.roles[cell.roles as usize].1;
                }
            }
            Some(_) | None => walk.cell = Walk::LOST,
        }
    }

    /// The roles of the word that ends here.
    #[inline]
    pub(super) fn finish(&self, walk: Walk) -> Roles {
        if walk.cell == Walk::LOST {
            return walk.stems;
        }
        walk.stems | self.roles[self.cells[walk.cell as usize].roles as usize].0
    }

    /// The roles of one folded word.
    #[cfg(test)]
    pub(super) fn roles_of(&self, word: &str) -> Roles {
        let mut walk = Walk::START;
        word.bytes().for_each(|byte| self.step(&mut walk, byte));
        self.finish(walk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_stems_are_found_and_nothing_else() {
        let trie = Trie::new([("agent", 1), ("agents", 2), ("sprech-", 4), ("a", 8), ("человек-", 16)].into_iter());
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
            assert_eq!(trie.roles_of(word), roles, "{word}");
        }
    }
}
