//! Whether a request stands: in quotes it is somebody else's, and it can be taken back.

use super::*;

#[test]
fn what_somebody_else_says_in_quotes_is_no_request() {
    check_requests(
        &[
            "I typed \"I want to talk to an agent\" three times already",
            "\"I want to talk to an agent\"",
            "your app says 'session expired', connect me to an agent",
            "I want to talk to a \"real human being\"",
            "I don't get it, let me talk to your agent's boss, don't stall",
            "connect me to an agent, the screen's \"wait a moment please\" never ends",
        ],
        &[
            "The letter says \"please contact a member of our team before 3 May\". Is that the posting date?",
            "quest log says 'ask to speak to the manager of the inn' but i cant find the guy",
            "Im Brief steht „bitte wenden Sie sich an einen Mitarbeiter“. Was heißt das?",
            "a friend wrote “connect me to a human right now” and got a refund lol. is there a code?",
        ],
    );
}

#[test]
fn what_the_answered_mail_and_an_address_say_is_no_request() {
    check_requests(
        &[
            "I want to talk to an agent\n\nOn Mon, 3 Nov 2025 Bot <bot@example.com> wrote:\n> Shall I refund it?",
            "<p>please connect me to an <b>agent</b></p>",
            "operator\n\nSent from my iPhone",
            "see https://shop.example/orders/5523, I want to talk to a person",
        ],
        &[
            "no thanks\n\n> Would you like me to connect you to an agent?",
            "It works now\n-----Original Message-----\nFrom: Bot\nPlease connect me to an agent, you said.",
            "the link shop.example/contact-an-agent is broken",
            "https://tienda.example/hablar-con-un-agente no carga",
        ],
    );
}

#[test]
fn what_is_taken_back_is_no_request_whatever_comes_behind_it() {
    check_requests(
        &[
            "oh wait, I want to talk to an agent",
            "never mind the refund, get me an agent",
            "I want an agent. Actually no, get me a manager",
            "found it, but the link is dead, let me talk to a person",
        ],
        &[
            "can i speak to an agent about my.. oh hang on nvm, found the button",
            "Get me a manager please. Actually no, scrap that, I can see the refund landed. What date is my next bill?",
            "I want to talk to a person. Never mind, it works now.",
        ],
    );
}

#[test]
fn what_the_last_sentence_takes_back_is_no_request() {
    check_requests(
        &[
            "It works now. Still, please connect me to an agent",
            "Get me an agent. Thanks!",
            "I want a human! No bots!",
            "Can I talk to someone? It worked until yesterday, and nobody helps me.",
        ],
        &[
            "can you get me an agent? never mind, found it",
            "I want to talk to a human. It works now, thanks!",
            "Kann ich mit einem Mitarbeiter sprechen? Hat sich erledigt.",
            "¿Puedo hablar con un agente? Ya está resuelto.",
        ],
    );
}
