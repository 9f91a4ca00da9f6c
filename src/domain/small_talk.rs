//! The few short messages whose meaning the life cycle depends on: yes, no, thanks, goodbye, hello.
//!
//! Deliberately small: whole short messages of the common languages, no grammar. What is longer means something else.

const YES: &str = "yes yeah yep yup sure ok okay alright please absolutely definitely fine ja gerne bitte oui \
    volontiers si sí claro vale sì certo sim tak evet da да はい 好 好的 是 是的 हाँ haan iya";
const NO: &str = "no nope nah not never nevermind don't dont didn't didnt doesn't doesnt won't can't cant isn't \
    nothing without nein nicht kein keine non pas não nao nie nee niet hayır hayir нет не いいえ 不 不用 नहीं \
    nahi tidak";
const THANKS: &str = "thanks thank thankyou thx ty cheers perfect great awesome solved resolved works worked danke merci \
    gracias obrigado obrigada grazie dziękuję dzieki bedankt teşekkürler спасибо ありがとう 谢谢 धन्यवाद \
    dhanyavaad terima";
const BYE: &str =
    "bye goodbye cya tschüss wiedersehen adieu adios adiós ciao tchau doei до пока 再见 さようなら alvida";
const HELLO: &str = "hi hello hey hiya hallo moin servus bonjour salut hola buenos buenas dias días tardes noches olá ola \
    oi bom dia boa tarde noite ciao buongiorno buonasera cześć czesc dzień dobry hoi merhaba selam \
    привет здравствуйте こんにちは 你好 您好 नमस्ते namaste halo good morning afternoon evening day guten tag \
    morgen abend there how are you today anyone help me need i again dear sir madam team everyone";
const RESIGNED: &str = "shame unfortunate unfortunately understood see damn bummer sad forget hell useless disappointing \
    disappointed oh well late schade leider verstehe dommage tant pis lástima lastima pena entiendo peccato capisco helaas jammer trudno szkoda";
const ANEW: &str = "try what how check instead another different can could again other when where which versuch \
    nochmal noch anders andere essaie autre encore otra otro intenta puedes riprova altro prova andere probeer";
const BUT: &str = "but still however aber mais pero mas ma ale но maar";

/// No to an offer.
pub(super) fn declines(text: &str) -> bool {
    let words = words(text, 8);
    let first = words.first().map_or("", String::as_str);
    any(NO, first) || (words.len() <= 4 && has(&words, NO) && !has(&words, YES))
}

/// The customer is content: thanks, or says that it works.
pub(super) fn thanks(text: &str) -> bool {
    let words = words(text, 12);
    !text.contains('?') && has(&words, THANKS) && !has(&words, NO) && !has(&words, BUT)
}

/// Thanks or a goodbye: nothing that waits for an answer.
pub(super) fn closes(text: &str) -> bool {
    thanks(text) || {
        let words = words(text, 6);
        !text.contains('?') && has(&words, BYE) && !has(&words, BUT)
    }
}

/// The customer gives up: some short words of acceptance, thanks, farewell or regret, and no other wish.
pub(super) fn gives_up(text: &str) -> bool {
    let words = words(text, 12);
    let closing = |word: &String| {
        const ACCEPTS: &str = "ok okay alright fine";
        any(RESIGNED, word) || any(NO, word) || any(THANKS, word) || any(BYE, word) || any(ACCEPTS, word)
    };
    !text.contains('?')
        && !text.bytes().any(|byte| byte.is_ascii_digit())
        && words.iter().any(closing)
        && !has(&words, ANEW)
}

/// More than a greeting, a yes or a no: something one could want.
pub(super) fn is_substantive(text: &str) -> bool {
    let words = words(text, 12);
    if words.is_empty() {
        return text.chars().any(char::is_alphanumeric);
    }
    let empty = |word: &String| {
        any(HELLO, word) || any(YES, word) || any(NO, word) || any(THANKS, word) || any(BYE, word)
    };
    words.iter().any(|word| !empty(word) && word.chars().any(char::is_alphabetic))
}

/// Lower-case words of a message of at most `limit` words; none of a longer one.
fn words(text: &str, limit: usize) -> Vec<String> {
    let mut found = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’' && !is_mark(c)) {
        if word.is_empty() {
            continue;
        }
        if found.len() == limit {
            return Vec::new();
        }
        found.push(word.to_lowercase().replace('’', "'"));
    }
    found
}

/// Devanagari vowel signs are part of a word and not alphanumeric.
fn is_mark(c: char) -> bool {
    ('\u{0900}'..='\u{097F}').contains(&c)
}

fn any(list: &str, word: &str) -> bool {
    list.split(' ').any(|one| one == word)
}

fn has(words: &[String], list: &str) -> bool {
    words.iter().any(|word| any(list, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, f: fn(&str) -> bool, yes: &[&str], no: &[&str]) {
        for text in yes {
            assert!(f(text), "{name}: {text}");
        }
        for text in no {
            assert!(!f(text), "not {name}: {text}");
        }
    }

    #[test]
    fn short_words_are_understood() {
        check(
            "declines",
            declines,
            &["No thanks", "nope", "I'd rather not", "nein danke"],
            &["yes", "my order is gone", ""],
        );
        check(
            "thanks",
            thanks,
            &["Thank you so much!", "great, that worked", "merci"],
            &["thanks for nothing", "thanks but it is still broken", "thanks, when does it arrive?", "hello"],
        );
        check(
            "closes",
            closes,
            &["bye", "ok, goodbye then", "Thanks!"],
            &["where is my order", "bye the way?"],
        );
        check(
            "gives up",
            gives_up,
            &["ok thanks", "Oh well, too bad. Bye", "No, that's all then", "schade, danke"],
            &[
                "ok, can you try another one",
                "no, the other one",
                "ok 2611340",
                "really?",
                "I need my money back",
            ],
        );
    }

    #[test]
    fn a_goal_is_more_than_a_greeting() {
        check(
            "is substantive",
            is_substantive,
            &[
                "Hi, where is my order?",
                "refund",
                "I want to cancel my subscription and get all of my money back please now",
            ],
            &["hi", "Hello there!", "good morning", "yes", "ok thanks", "12345", ""],
        );
    }
}
