//! What a word can be in a sentence, as bits: a word may play several roles, and a set of words is the union of theirs.

/// A set of roles.
pub(super) type Roles = u64;

// Asking for a person.
/// Speaking to, or being brought to: talk, connect, transfer.
pub(super) const TALK: Roles = 1 << 0;
/// Verbs that bring a person only with a clear object: get, give, put, call.
pub(super) const BRING: Roles = 1 << 1;
/// `transfer me`, `connect me`: enough without an object.
pub(super) const TRANSFER: Roles = 1 << 2;
/// Role nouns that are enough with a wish: agent, operator, supervisor.
pub(super) const STAFF: Roles = 1 << 3;
/// Persons in general: person, people, guy.
pub(super) const PERSON: Roles = 1 << 4;
/// someone, anybody.
pub(super) const SOMEONE: Roles = 1 << 5;
/// service, support, care; a desk behind [`CUSTOMER`].
pub(super) const SERVICE: Roles = 1 << 6;
pub(super) const CUSTOMER: Roles = 1 << 7;
/// real, live, human.
pub(super) const REAL: Roles = 1 << 8;
pub(super) const WANT: Roles = 1 << 9;
/// `like`, a wish only behind [`WOULD`].
pub(super) const LIKE: Roles = 1 << 10;
pub(super) const WOULD: Roles = 1 << 11;
pub(super) const BOT: Roles = 1 << 12;
pub(super) const NOT: Roles = 1 << 13;
/// Refusing verbs: hate, stop, tired.
pub(super) const REFUSE: Roles = 1 << 14;
/// Words between a verb and its person: articles, adjectives, swearing.
pub(super) const DESCRIBES: Roles = 1 << 15;
/// Words between a verb and what it is about: me, to, with, through.
pub(super) const LINK: Roles = 1 << 16;
pub(super) const ME: Roles = 1 << 17;
pub(super) const I: Roles = 1 << 18;
pub(super) const YOU: Roles = 1 << 19;
pub(super) const BE: Roles = 1 << 20;
pub(super) const CAN: Roles = 1 << 21;
pub(super) const CANNOT: Roles = 1 << 22;
/// know, why, how: a negation before them is no refusal.
pub(super) const KNOW: Roles = 1 << 23;
pub(super) const THERE: Roles = 1 << 24;
pub(super) const THIS: Roles = 1 << 25;
pub(super) const PLEASE: Roles = 1 << 26;
pub(super) const YES: Roles = 1 << 27;
pub(super) const GREETING: Roles = 1 << 28;
/// my, his, their: someone else's agent.
pub(super) const MINE: Roles = 1 << 29;
/// What makes another thing of the noun behind it: travel, estate, virtual.
pub(super) const COMPOUND: Roles = 1 << 30;
/// What makes another thing of the noun before it: resources, number, console.
pub(super) const AFTER: Roles = 1 << 31;
pub(super) const MONEY: Roles = 1 << 32;
pub(super) const ESCALATE: Roles = 1 << 33;
pub(super) const SKIP: Roles = 1 << 34;
pub(super) const MENU: Roles = 1 << 35;
pub(super) const HELP: Roles = 1 << 36;
/// Nouns that ask when they are the whole message.
pub(super) const BARE: Roles = 1 << 37;
/// but, and, so, because: a new thought.
pub(super) const JOIN: Roles = 1 << 38;
pub(super) const IF: Roles = 1 << 39;
/// Words that only English has so often.
pub(super) const ENGLISH: Roles = 1 << 40;

/// `still`: with a negation or a bad word it reports a failure.
pub(super) const STILL: Roles = 1 << 51;

/// `will try`: what the customer means to do alone.
pub(super) const WILL: Roles = 1 << 52;
pub(super) const TRY: Roles = 1 << 53;

/// `press 0`, `type agent`: how a menu offers something.
pub(super) const KEY: Roles = 1 << 55;

/// What a person does for a customer: look, review, explain. `Can a person look at this?`
pub(super) const SERVES: Roles = 1 << 56;

/// `first`, `second`, `last`: which of the options that were named.
pub(super) const FIRST: Roles = 1 << 57;
pub(super) const SECOND: Roles = 1 << 58;
pub(super) const LAST: Roles = 1 << 59;

/// Who may serve a customer in some business: plumber, notary, the claims desk; and what stands before a name. Only where the
/// AI offers to bring the customer to one.
pub(super) const TRADE: Roles = 1 << 60;

/// Between two options.
pub(super) const OR: Roles = 1 << 61;

/// `your`: the customer's own, and not one of [`TRADE`] whom the AI offers.
pub(super) const YOURS: Roles = 1 << 63;

// Marks the reader sets.
/// A comma, colon or bracket stands before the word.
pub(super) const COMMA: Roles = 1 << 41;
/// Some phrase is found by the word.
pub(super) const PHRASE: Roles = 1 << 42;
/// Some phrase is found by it that only the AI says.
pub(super) const AI_PHRASE: Roles = 1 << 62;

/// Four letters or more.
pub(super) const LONG: Roles = 1 << 50;

// Mood.
pub(super) const SOUR: Roles = 1 << 43;
pub(super) const BAD: Roles = 1 << 44;
pub(super) const AWFUL: Roles = 1 << 45;
pub(super) const INSULT: Roles = 1 << 46;
pub(super) const IMPATIENT: Roles = 1 << 47;
pub(super) const GOOD: Roles = 1 << 48;
pub(super) const POLITE: Roles = 1 << 49;

/// A word of English mood that is ordinary in another language.
pub(super) const DOUBTFUL: Roles = 1 << 54;

/// Any word for a person.
pub(super) const ANYBODY: Roles = STAFF | PERSON | SOMEONE;
/// Any word that says something about mood.
pub(super) const MOOD: Roles = SOUR | BAD | AWFUL | INSULT | IMPATIENT | GOOD | POLITE;
/// Without one of these nobody asks for a person.
pub(super) const REQUEST_KEYS: Roles = ANYBODY | SERVICE | BOT | ESCALATE | TRANSFER | MENU;

/// The roles that the lists of words know, by the names of their sections.
pub(super) const NAMES: [(&str, Roles); 52] = [
    ("talk", TALK),
    ("bring", BRING),
    ("transfer", TRANSFER),
    ("staff", STAFF),
    ("person", PERSON),
    ("someone", SOMEONE),
    ("service", SERVICE),
    ("customer", CUSTOMER),
    ("real", REAL),
    ("want", WANT),
    ("like", LIKE),
    ("would", WOULD),
    ("bot", BOT),
    ("not", NOT),
    ("refuse", REFUSE),
    ("describes", DESCRIBES),
    ("link", LINK),
    ("me", ME),
    ("i", I),
    ("you", YOU),
    ("be", BE),
    ("can", CAN),
    ("cannot", CANNOT),
    ("know", KNOW),
    ("there", THERE),
    ("this", THIS),
    ("please", PLEASE),
    ("yes", YES),
    ("greeting", GREETING),
    ("mine", MINE),
    ("compound", COMPOUND),
    ("after", AFTER),
    ("money", MONEY),
    ("escalate", ESCALATE),
    ("skip", SKIP),
    ("menu", MENU),
    ("help", HELP),
    ("bare", BARE),
    ("join", JOIN),
    ("if", IF),
    ("english", ENGLISH),
    ("still", STILL),
    ("will", WILL),
    ("try", TRY),
    ("key", KEY),
    ("serves", SERVES),
    ("first", FIRST),
    ("second", SECOND),
    ("last", LAST),
    ("trade", TRADE),
    ("or", OR),
    ("yours", YOURS),
];
