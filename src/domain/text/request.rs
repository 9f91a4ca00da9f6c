//! "I want a person": a cascade of small rules over the roles of a clause's words, and the vetoes that real false alarms
//! have taught. It runs only where a key word was seen.
//!
//! 1 verb of talking … person      2 wish … person      3 the whole message is a person      4 is there a person
//! 5 a person I can talk to        6 refusal of the bot  7 escalate this, skip the menu        8 transfer me
//! 9 the whole message is the wish to talk       10 can a person look at this

use std::sync::LazyLock;

use super::evidence::Request;
use super::phrases::{Word, short};
use super::roles::*;
use super::words::hash_of;

/// A clause as the rules see it.
#[derive(Clone, Copy)]
pub(super) struct Clause<'a> {
    pub(super) words: &'a [Word],
    /// All roles that occur in it.
    pub(super) seen: Roles,
    /// It is the whole message so far, and ends here.
    pub(super) whole: bool,
    /// It ends with a question mark.
    pub(super) question: bool,
}

/// Adjectives between a verb and its person, and link words before them.
const DESCRIBES_MAX: usize = 5;
const LINK_MAX: usize = 5;

/// Words between a key or a wish and the person whom the AI offers: "press 0 for an operator".
const KEY_REACH: usize = 6;

/// Words between a verb of bringing and who serves: "connect you with one of our on-call nurses".
const TRADE_REACH: usize = 7;

/// What a question about the past begins with.
static WAS: LazyLock<[u32; 4]> =
    LazyLock::new(|| ["did", "have", "had", "were"].map(|word| short(hash_of(word))));

/// Words between `I'll try` and what else is tried.
const PLAN_REACH: usize = 7;

/// How the customer asks for a person in this clause, the surest way of it; `None`: not at all.
pub(super) fn asked(clause: Clause<'_>) -> Option<Request> {
    let words = clause.words;
    let whole = clause.whole && (is_bare(words, clause.question) || is_wish_to_talk(words));
    let inside = (0..words.len()).filter_map(|at| asked_at(words, at)).max();
    whole.then_some(Request::Staff).max(inside)
}

fn asked_at(words: &[Word], at: usize) -> Option<Request> {
    let word = words[at];
    let person = if word.is(ANYBODY | SERVICE) { person_is_asked_for(words, at) } else { None };
    let asked = |request, is_asked: bool| is_asked.then_some(request);
    person
        .max(asked(Request::NoBot, word.is(BOT) && bot_is_refused(words, at)))
        .max(asked(Request::Escalation, word.is(ESCALATE) && is_escalation(words, at)))
        .max(asked(Request::Staff, word.is(MENU) && before(words, at, 3, SKIP).is_some()))
        .max(asked(Request::Staff, word.is(TRANSFER) && is_transfer_me(words, at)))
}

/// The customer wants no person: a request like those of [`asked`], refused. ("I don't want a bot" wants one.)
pub(super) fn declines(clause: Clause<'_>) -> bool {
    let words = clause.words;
    let refused = |at: usize| {
        let wish = verb_of(words, at).or_else(|| wish_of(words, at));
        !is_other_thing(words, at) && wish.is_some_and(|wish| is_negated(words, wish))
    };
    let is_me_or_passive = |at: usize| next(words, at).is(ME) || (at > 0 && words[at - 1].is(BE));
    !clause.question
        && clause.seen & BOT == 0
        && (0..words.len()).any(|at| {
            (words[at].is(ANYBODY) && refused(at))
                || (words[at].is(TRANSFER) && is_me_or_passive(at) && is_negated(words, at))
        })
}

/// The AI offers a person in this clause: it names bringing the customer to one, as a question, a possibility or a
/// key to press.
pub(super) fn offers(clause: Clause<'_>) -> bool {
    let possible = clause.question || clause.seen & (CAN | WOULD | IF | LIKE | WANT | KEY) != 0;
    let words = clause.words;
    let brings = |at: usize| verb_of(words, at).is_some_and(|verb| !is_negated(words, verb));
    let is_key = |at: usize| before(words, at, KEY_REACH, KEY).is_some();
    let is_wanted = |at: usize| {
        clause.question && words[at].is(STAFF) && before(words, at, KEY_REACH, WANT | LIKE).is_some()
    };
    let is_reached =
        |at: usize| serves(words, at) && before(words, at, TRADE_REACH, TALK | TRANSFER).is_some();
    possible
        && clause.seen & (ANYBODY | TRADE) != 0
        && clause.seen & CANNOT == 0
        && (0..words.len()).any(|at| {
            (words[at].is(ANYBODY) && (brings(at) || is_key(at) || is_wanted(at))) || is_reached(at)
        })
}

/// "Did you speak to the pharmacist?": it offers nobody, whatever else the clause says.
pub(super) fn asks_what_was(words: &[Word]) -> bool {
    matches!(words, [first, you, ..] if WAS.contains(&first.hash) && you.is(YOU))
}

/// Somebody of a trade who is not the customer's own: "contact your doctor" offers nobody.
pub(super) fn serves(words: &[Word], at: usize) -> bool {
    let is_yours =
        |near: Option<usize>| near.and_then(|near| words.get(near)).is_some_and(|word| word.is(YOURS));
    words[at].is(TRADE) && !is_yours(at.checked_sub(1)) && !is_yours(Some(at + 1))
}

fn person_is_asked_for(words: &[Word], at: usize) -> Option<Request> {
    let word = words[at];
    if (!word.is(ANYBODY) && !is_service_desk(words, at)) || is_other_thing(words, at) {
        return None;
    }
    let is_real = word.is(REAL) || (at > 0 && words[at - 1].is(REAL)) || next(words, at).is(REAL);
    let named = if word.is(STAFF | SERVICE) || is_real { Request::Staff } else { Request::Somebody };
    let (is_asked, how) = if let Some(verb) = verb_of(words, at) {
        let is_request = !is_negated(words, verb)
            && !is_statement(words, verb)
            && !is_money(words, verb)
            && !is_own_plan(words, verb);
        (is_request, named)
    } else if let Some(wish) = wish_of(words, at) {
        (!is_negated(words, wish), named)
    } else if is_person_i_can_talk_to(words, at) || is_asked_to_serve(words, at) {
        (true, named)
    } else {
        let only_there = word.is(SOMEONE) && !words.iter().any(|word| word.is(TALK));
        (is_there(words, at), if only_there { Request::Presence } else { Request::Staff })
    };
    is_asked.then_some(how)
}

/// customer service, tech support; `support` alone only right behind `contact`.
fn is_service_desk(words: &[Word], at: usize) -> bool {
    words[at].is(SERVICE)
        && at > 0
        && (words[at - 1].is(CUSTOMER) || (words.len() <= 3 && words[at - 1].is(TALK | WANT)))
        && !next(words, at).is(AFTER)
}

/// A travel agent, human resources, my boss: not the person we serve.
fn is_other_thing(words: &[Word], at: usize) -> bool {
    let previous = if at > 0 { words[at - 1] } else { Word::default() };
    let noun_follows = next(words, at).is(ANYBODY | SERVICE) && words[at].is(REAL);
    (previous.is(COMPOUND) && !previous.is(DESCRIBES | REAL))
        || (previous.is(COMPOUND) && words[at].is(PERSON))
        || (next(words, at).is(AFTER) && !noun_follows)
        || head(words, at).is_some_and(|before| words[before].is(MINE))
}

/// Position of the word before the noun phrase that ends at `at`.
fn head(words: &[Word], at: usize) -> Option<usize> {
    let mut i = at;
    while i > 0 && at - i < DESCRIBES_MAX && words[i - 1].is(DESCRIBES | COMPOUND) && !words[i].is(COMMA) {
        i -= 1;
    }
    i.checked_sub(1).filter(|_| !words[i].is(COMMA))
}

/// Rule 1: the verb that brings or talks to the person at `at`.
fn verb_of(words: &[Word], at: usize) -> Option<usize> {
    let mut i = head(words, at)?;
    let (mut links, mut me, mut near) = (0, false, false);
    while words[i].is(LINK) && !(words[i].is(TALK) && links > 0) && links < LINK_MAX {
        me |= words[i].is(ME);
        near = true;
        links += 1;
        if i == 0 || words[i].is(COMMA) {
            return None;
        }
        i -= 1;
    }
    let (verb, person) = (words[i], words[at]);
    let is_real = words[i + 1..at].iter().any(|word| word.is(REAL)) || next(words, at).is(REAL);
    if verb.is(TALK) {
        return Some(i);
    }
    let enough = if person.is(STAFF) || is_real || person.is(SERVICE) {
        me || !near || links <= 2
    } else if person.is(PERSON) {
        me
    } else {
        me && links >= 2
    };
    (verb.is(BRING) && enough && !is_question_of_having(words, i)).then_some(i)
}

/// "do you have agents", "where can I see an agent": have, go, see and find ask only behind `can I`.
fn is_question_of_having(words: &[Word], verb: usize) -> bool {
    before(words, verb, 3, YOU).is_some() && before(words, verb, 4, CAN).is_none()
}

/// Rule 2: the wish for the person at `at`.
fn wish_of(words: &[Word], at: usize) -> Option<usize> {
    let mut i = head(words, at)?;
    let mut links = 0;
    while links < 3 && words[i].is(LINK | HELP | BRING) || words[i].is(KNOW) && words[i].is(BRING) {
        if i == 0 || links == 3 {
            break;
        }
        links += 1;
        i -= 1;
    }
    let is_real = words[i + 1..at].iter().any(|word| word.is(REAL)) || next(words, at).is(REAL);
    let wished = words[i].is(WANT) || (words[i].is(LIKE) && i > 0 && words[i - 1].is(WOULD));
    let helped = words[i].is(HELP) || words[i + 1..at].iter().any(|word| word.is(HELP));
    let person = words[at];
    let is_desk = person.is(SERVICE) && !person.is(ANYBODY);
    ((wished || helped) && (person.is(STAFF) || is_real || (is_desk && wished))).then_some(i)
}

/// Rule 3: nothing but the person, described and asked for politely.
fn is_bare(words: &[Word], question: bool) -> bool {
    let fits =
        |word: &Word| word.is(ANYBODY | SERVICE | CUSTOMER | REAL | DESCRIBES | PLEASE | YES | WANT | NOT);
    let Some(at) = words.iter().rposition(|word| word.is(ANYBODY | SERVICE)) else { return false };
    if words.len() > 6 || !words.iter().all(fits) || is_other_thing(words, at) {
        return false;
    }
    let named = words[at].is(BARE)
        || (at > 0 && words[at - 1].is(REAL) && words[at].is(ANYBODY | SERVICE))
        || (at > 0 && words[at - 1].is(CUSTOMER) && words[at].is(SERVICE))
        || (at > 0 && words[at - 1].is(SERVICE) && words[at].is(STAFF));
    let asks_what_you_are =
        question && words[at].is(REAL | PERSON) && !words.iter().any(|word| word.is(PLEASE));
    let negated = words[0].is(NOT) && !words[0].is(YES) && words.get(1).is_some_and(|word| !word.is(COMMA));
    named && !asks_what_you_are && !negated
}

/// Rule 9: "I want to talk", "need to speak please".
fn is_wish_to_talk(words: &[Word]) -> bool {
    let fits = |word: &Word| word.is(I | WANT | WOULD | LIKE | LINK | TALK | PLEASE | YES | CAN);
    let Some(verb) = words.iter().rposition(|word| word.is(TALK)) else { return false };
    let wished = words[..verb].iter().any(|word| word.is(WANT | LIKE));
    wished
        && !words[verb].is(TRANSFER)
        && words.len() <= 7
        && words.iter().all(fits)
        && words[verb + 1..].iter().all(|word| word.is(PLEASE | YES))
}

/// Rule 4: is there a real person, is anyone there.
fn is_there(words: &[Word], at: usize) -> bool {
    let person = words[at];
    let after = &words[(at + 1).min(words.len())..(at + 5).min(words.len())];
    if person.is(SOMEONE) {
        let asked = at == 0 || words[at - 1].is(BE | THERE);
        return asked && after.first().is_some_and(|word| word.is(THERE | REAL))
            || at > 0 && words[at - 1].is(THERE) && after.iter().any(|word| word.is(TALK));
    }
    let Some(i) = head(words, at) else { return false };
    let there = words[i].is(THERE) && i > 0 && words[i - 1].is(BE);
    let is_real = words[i + 1..at].iter().any(|word| word.is(REAL));
    there && (is_real || person.is(REAL) || after.iter().any(|word| word.is(TALK)))
}

/// Rule 5: a person (who) I can talk to.
fn is_person_i_can_talk_to(words: &[Word], at: usize) -> bool {
    let after = &words[(at + 1).min(words.len())..(at + 7).min(words.len())];
    let Some(subject) = after.iter().position(|word| word.is(I)) else { return false };
    let Some(verb) = after.iter().position(|word| word.is(TALK) && !word.is(TRANSFER)) else { return false };
    let asks_what_you_are = (1..at).any(|i| words[i].is(YOU | THIS) && words[i - 1].is(BE));
    subject < verb
        && subject <= 2
        && after[subject..verb].iter().any(|word| word.is(CAN))
        && !asks_what_you_are
        && !after[..verb].iter().any(|word| word.is(NOT | CANNOT))
}

/// Rule 10: can a person look at this, I want a person to explain it. `can someone help me` is asked of the bot too,
/// and `I need someone to look at my car` of a mechanic.
fn is_asked_to_serve(words: &[Word], at: usize) -> bool {
    let Some(i) = head(words, at) else { return false };
    let does = |from: usize| words.get(from).is_some_and(|word| word.is(SERVES) && !word.is(COMMA));
    if words[at].is(SOMEONE) {
        return false;
    }
    let asked = words[i].is(CAN) && !words[i].is(NOT);
    let wished = (words[i].is(WANT) || (words[i].is(LIKE) && i > 0 && words[i - 1].is(WOULD)))
        && next(words, at).is(LINK);
    ((asked && (does(at + 1) || does(at + 2))) || (wished && does(at + 2))) && !is_negated(words, i)
}

/// Rule 6: "don't want to talk to a robot", "hate machines". "I am not a robot" and "are you not a bot" are none.
fn bot_is_refused(words: &[Word], at: usize) -> bool {
    let from = at.saturating_sub(8);
    let Some(refusal) = (from..at).rev().find(|i| words[*i].is(REFUSE)) else { return false };
    if words[refusal + 1..=at].iter().any(|word| word.is(COMMA | JOIN)) {
        return false;
    }
    let of_itself = refusal > 0 && words[refusal - 1].is(BE) && !words[refusal].is(TALK) && at - refusal <= 3;
    let between = &words[refusal + 1..at];
    let does = between.iter().any(|word| word.is(TALK | WANT | LIKE | HELP));
    let adjacent = between.iter().all(|word| word.is(DESCRIBES));
    let ends = at + 1 == words.len() || next(words, at).is(COMMA | JOIN | PLEASE);
    let strong = words[refusal].is(REFUSE) && !words[refusal].is(NOT | CANNOT);
    !before(words, refusal, 3, YOU).is_some_and(|you| you > 0 && words[you - 1].is(BE))
        && !next(words, at).is(AFTER)
        && (does
            || (strong && between.iter().all(|word| word.is(DESCRIBES | LINK | TALK)))
            || (adjacent && !of_itself && ends))
        && !(of_itself && !does && !strong)
}

/// Rule 7: escalate this, please escalate, I want this escalated.
fn is_escalation(words: &[Word], at: usize) -> bool {
    let after = next(words, at);
    let object = at + 1 == words.len()
        || after.is(THIS | LINK | MINE | PLEASE | DESCRIBES)
        || (after.is(JOIN) && before(words, at, 3, YOU | PLEASE).is_some());
    object
        && !is_negated(words, at)
        && (at == 0 || !words[at - 1].is(THIS | BE) || before(words, at, 4, WANT).is_some())
}

/// Rule 8: "transfer me", "connect me please", "connect me so we can settle it", with nothing else to be connected to.
fn is_transfer_me(words: &[Word], at: usize) -> bool {
    let rest = &words[at + 1..];
    let goes_on = |two: &[Word]| two[0].is(JOIN) && two[1].is(I | YOU);
    let end = rest.windows(2).position(goes_on).unwrap_or(rest.len());
    rest.first().is_some_and(|word| word.is(ME))
        && rest[1..end].iter().all(|word| word.is(PLEASE | YES))
        && !is_negated(words, at)
        && before(words, at, 6, THIS | YOU).is_none_or(|i| words[i].is(YOU))
}

/// "I don't want to talk", "do not transfer": a refusal. "Don't know how to talk", "why don't you", and "no, I want" are not.
fn is_negated(words: &[Word], verb: usize) -> bool {
    let from = verb.saturating_sub(7);
    for i in (from..verb).rev() {
        let word = words[i];
        if word.is(NOT) {
            let between = &words[i + 1..verb];
            let excused = between.iter().any(|word| word.is(KNOW) && !word.is(BRING))
                || (i > 0 && words[i - 1].is(KNOW));
            let new_wish = between.iter().any(|word| word.is(I | COMMA | JOIN));
            return !excused && !new_wish && !words[verb].is(COMMA);
        }
        if words[i + 1].is(COMMA) || word.is(JOIN) {
            return false;
        }
    }
    false
}

/// "I am talking to a person", "am I speaking with a human", "are you talking…": no request.
fn is_statement(words: &[Word], verb: usize) -> bool {
    let (Some(one), two) = (verb.checked_sub(1), verb.checked_sub(2)) else { return false };
    let is_passive = words[verb].is(TRANSFER) || before(words, verb, 6, WANT | CAN).is_some();
    if is_passive {
        return false;
    }
    words[one].is(BE) && !words[one].is(CAN)
        || two.is_some_and(|two| words[two].is(BE) && words[one].is(I | YOU | THIS))
}

/// "I'll try contacting customer service", "I'll try to find it and contact an agent": they mean to do it alone.
fn is_own_plan(words: &[Word], verb: usize) -> bool {
    let Some(tries) = before(words, verb, PLAN_REACH, TRY) else { return false };
    let between = &words[tries + 1..verb];
    tries > 0
        && words[tries - 1].is(WILL)
        && !next(words, verb).is(ME)
        && !between.iter().any(|word| word.is(I | YOU))
}

/// Money that goes to someone.
fn is_money(words: &[Word], verb: usize) -> bool {
    let is_noun = words[verb].is(TRANSFER) && verb > 0 && words[verb - 1].is(DESCRIBES | MINE);
    let of_money = words[verb].is(BRING | TRANSFER) && words.iter().skip(verb).any(|word| word.is(MONEY));
    is_noun || (of_money && !next(words, verb).is(ME))
}

fn before(words: &[Word], at: usize, reach: usize, roles: Roles) -> Option<usize> {
    (at.saturating_sub(reach)..at).rev().find(|i| words[*i].is(roles))
}

fn next(words: &[Word], at: usize) -> Word {
    words.get(at + 1).copied().unwrap_or_default()
}
