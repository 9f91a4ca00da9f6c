//! What a policy hears in texts: its phrase lists and what was learned, compiled when the first text is read.
//!
//! Compiling takes most of a second, and most who hold a policy read no text: who checks one, prints one, or keeps what
//! was in force once. Whoever is about to judge by it asks for [`Hearing::ready`], so that no turn waits.
//! Invariant: what it compiles to depends on nothing but what it was made of. So those that are made of the same share one lexicon
//! while somebody holds it: a shadow that hears as the acting policy, or the next policy where only bounds changed, compiles nothing.

use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use super::text::{Learned, Lexicon};

/// See the module.
#[derive(Debug)]
pub struct Hearing {
    lists: Lists,
    learned: Learned,
    compiled: OnceLock<Arc<Lexicon>>,
}

/// The lexicons of this process, as long as somebody holds them.
static HELD: Mutex<Vec<(Lists, Weak<Lexicon>)>> = Mutex::new(Vec::new());

/// What a policy names of its own.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Lists {
    /// ISO 639-1 codes of the lists in use.
    pub languages: Vec<String>,
    pub request_phrases: Vec<String>,
    pub safety_phrases: Vec<String>,
}

impl Hearing {
    pub fn new(lists: Lists, learned: Learned) -> Hearing {
        Hearing { lists, learned, compiled: OnceLock::new() }
    }

    /// The same lists with other weights.
    pub fn with_learned(&self, learned: Learned) -> Hearing {
        Hearing::new(self.lists.clone(), learned)
    }

    /// Its weights.
    pub fn learned(&self) -> &Learned {
        &self.learned
    }

    /// Every text says the same to both.
    pub fn reads_like(&self, other: &Hearing) -> bool {
        self.lists == other.lists && self.learned == other.learned
    }

    /// Compiled from now on.
    pub fn ready(&self) -> &Lexicon {
        self.compiled.get_or_init(|| self.held_or_compiled())
    }

    /// The lexicon that another one made of the same holds, or a new one. Who comes meanwhile waits, and does not compile it too.
    fn held_or_compiled(&self) -> Arc<Lexicon> {
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|(_, lexicon)| lexicon.strong_count() > 0);
        let alike = held.iter().filter(|(lists, _)| *lists == self.lists);
        let mut known = alike.filter_map(|(_, lexicon)| lexicon.upgrade());
        if let Some(known) = known.find(|lexicon| *lexicon.learned() == self.learned) {
            return known;
        }
        let Lists { languages, request_phrases, safety_phrases } = &self.lists;
        let lexicon = Lexicon::new(languages, request_phrases, safety_phrases);
        let lexicon = Arc::new(lexicon.with_learned(self.learned.clone()));
        held.push((self.lists.clone(), Arc::downgrade(&lexicon)));
        lexicon
    }

    /// Whether a text was read by it, or somebody asked for it.
    pub fn is_compiled(&self) -> bool {
        self.compiled.get().is_some()
    }
}

impl Deref for Hearing {
    type Target = Lexicon;

    fn deref(&self) -> &Lexicon {
        self.ready()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hearing(phrase: &str) -> Hearing {
        let lists = Lists { request_phrases: vec![phrase.to_owned()], ..Lists::default() };
        Hearing::new(lists, Learned::nothing())
    }

    #[test]
    fn what_is_made_of_the_same_is_compiled_once_while_somebody_holds_it() {
        let (one, same, other) = (hearing("a captain"), hearing("a captain"), hearing("a bosun"));
        assert!(std::ptr::eq(one.ready(), same.ready()));
        assert!(!std::ptr::eq(one.ready(), other.ready()));
    }

    #[test]
    fn what_nobody_holds_any_more_is_let_go() {
        let (one, other) = (hearing("a purser"), hearing("a steward"));
        let lexicon = Arc::downgrade(one.compiled.get_or_init(|| one.held_or_compiled()));
        drop(one);
        assert_eq!(lexicon.strong_count(), 0);
        other.ready();
        let held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(held.iter().all(|(lists, _)| lists.request_phrases != ["a purser"]));
    }
}
