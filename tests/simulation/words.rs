//! What people, bots and tools say in the simulation: enough to make every trigger possible.

pub const CUSTOMER: &[&str] = &[
    "hello",
    "where is my order 123-456?",
    "I want to talk to a person please",
    "can a person withdraw without a card?",
    "this is useless, you are an idiot",
    "THAT IS NOT WHAT I ASKED",
    "that is not what I asked",
    "where is my order?",
    "yes please",
    "no thanks",
    "ok thank you, bye",
    "I will hurt myself",
    "my card is 4111 1111 1111 1111 and my mail is anna@example.com",
    "quiero hablar con una persona",
    "¿dónde está mi pedido?",
    "ich möchte mit einem Menschen sprechen",
    "it never arrived",
];

pub const AI: &[&str] = &[
    "Sorry, I did not understand that.",
    "Would you like to talk to a human agent?",
    "Your order has shipped.",
    "Let me check that for you.",
    "What is your order number?",
    "Is there anything else I can do for you?",
];

pub const HUMAN: &[&str] = &[
    "Hi, this is Anna. What is your order number?",
    "I have sent you a refund.",
    "Can you tell me your e-mail address?",
];

pub const INTENTS: &[&str] = &["missing_delivery", "returns", "billing", "_all"];
pub const CHANNELS: &[&str] = &["chat", "voice", "mail"];
pub const TENANTS: &[&str] = &["acme", "b/c"];
pub const QUEUES: &[&str] = &["claims", "general"];
pub const TOOLS: &[&str] = &["get_order", "refund", "lookup_account"];
pub const FACTS: &[(&str, &str)] = &[
    ("order_id", "#W123"),
    ("order_id", "#W124"),
    ("amount", "799.90"),
    ("account_id", "a-9"),
    ("delivered_at", "2025-11-24"),
];
pub const ENDINGS: &[&str] = &["", "resolved", "customer_left", "timeout"];
pub const LANGUAGES: &[&str] = &["en", "de", "es", "fi"];
