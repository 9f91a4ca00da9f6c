//! What a policy hears in texts: its phrase lists and what was learned, compiled when the first text is read.
//!
//! Compiling takes most of a second, and most who hold a policy read no text: who checks one, prints one, or keeps what
//! was in force once. Whoever is about to judge by it asks for [`Hearing::ready`], so that no turn waits.
//! Invariant: what it compiles to depends on nothing but what it was made of.

use std::ops::Deref;
use std::sync::OnceLock;

use super::text::{Learned, Lexicon};

/// See the module.
#[derive(Debug)]
pub struct Hearing {
    lists: Lists,
    learned: Learned,
    compiled: OnceLock<Lexicon>,
}

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
        self.compiled.get_or_init(|| {
            let Lists { languages, request_phrases, safety_phrases } = &self.lists;
            Lexicon::new(languages, request_phrases, safety_phrases).with_learned(self.learned.clone())
        })
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
