//! What somebody wrote, of what a channel delivers: without markup, addresses of pages and mailboxes, the mail that is answered,
//! and what a device signs with.
//!
//! Invariant: markup and addresses go; of the rest nothing, if nothing else was written.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::domain::keep::cut_chars;
use crate::domain::limits::{TEXT_DELIVERED_CHARS, TEXT_READ_CHARS};

/// Characters of a line that introduces the mail that is answered.
const HEADER_CHARS: usize = 200;
/// Words of mail programs for "wrote", in the languages of the lists.
const WROTE: [&str; 18] = [
    "wrote",
    "schrieb",
    "écrit",
    "escribió",
    "escreveu",
    "ha scritto",
    "schreef",
    "geschreven",
    "napisał",
    "написал",
    "пишет",
    "yazdı",
    "đã viết",
    "menulis",
    "写道",
    "書きました",
    "님이 작성",
    "ने लिखा",
];
/// The first line of a mail's head.
const FROM: [&str; 14] = [
    "from",
    "von",
    "de",
    "da",
    "van",
    "od",
    "от",
    "kimden",
    "发件人",
    "差出人",
    "보낸 사람",
    "từ",
    "dari",
    "प्रेषक",
];
/// The second: when it was sent.
const SENT: [&str; 20] = [
    "sent",
    "date",
    "gesendet",
    "datum",
    "envoyé",
    "enviado",
    "enviada",
    "fecha",
    "data",
    "inviato",
    "verzonden",
    "wysłano",
    "отправлено",
    "дата",
    "gönderildi",
    "tarih",
    "发送时间",
    "日時",
    "보낸 날짜",
    "dikirim",
];
/// Lines behind the first in which the second stands.
const HEAD_LINES: usize = 3;
/// How a device signs, in few words.
const SIGNED: [&str; 18] = [
    "sent from",
    "get outlook for",
    "von meinem",
    "gesendet von",
    "envoyé de",
    "enviado desde",
    "enviado do",
    "enviado de",
    "inviato da",
    "verzonden vanaf",
    "verstuurd vanaf",
    "wysłane z",
    "отправлено с",
    "发自我的",
    "iphoneから送信",
    "gửi từ",
    "dikirim dari",
    "나의 iphone",
];

const SIGNED_WORDS: usize = 6;

/// The first [`TEXT_READ_CHARS`] characters of what somebody wrote, within the first [`TEXT_DELIVERED_CHARS`] of what was delivered.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    let mut plain = Cow::Borrowed(cut_chars(text, TEXT_DELIVERED_CHARS));
    for step in [without_markup, without_mail, without_addresses, without_ones] {
        if let Some(rest) = step(&plain) {
            plain = Cow::Owned(rest);
        }
    }
    match plain {
        Cow::Borrowed(text) => Cow::Borrowed(cut_chars(text, TEXT_READ_CHARS)),
        Cow::Owned(mut text) => {
            text.truncate(cut_chars(&text, TEXT_READ_CHARS).len());
            Cow::Owned(text)
        }
    }
}

fn says_something(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// What stands in these is not said here: mail that is answered, and what nobody sees.
const UNSAID: [&str; 4] = ["blockquote", "style", "script", "head"];
/// `<p>`, `</div>`, `<a href="..">`; not "a < b", `<3` or `<me@example.com>`.
static TAG: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?s)<!--.*?-->|<(?<end>/?)(?<name>[A-Za-z][A-Za-z0-9]*)(?:\s[^<>]*)?/?>"));
/// The names of tags that end a line.
static BLOCK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?i:p|br|div|li|ul|ol|tr|td|th|table|h[1-6]|blockquote)$"));
static ENTITY: LazyLock<Regex> = LazyLock::new(|| pattern(r"&(nbsp|#160|lt|gt|quot|apos|#39|#x27|amp);"));

/// Tags and entities of HTML as a reader sees them.
fn without_markup(text: &str) -> Option<String> {
    if !text.contains(['<', '&']) || !(TAG.is_match(text) || ENTITY.is_match(text)) {
        return None;
    }
    let said = Some(untagged(text, &UNSAID)).filter(|said| says_something(said));
    let said = said.unwrap_or_else(|| untagged(text, &[]));
    let sign = |entity: &Captures<'_>| match &entity[1] {
        "nbsp" | "#160" => " ",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "amp" => "&",
        _ => "'",
    };
    Some(ENTITY.replace_all(said.trim(), sign).into_owned())
}

/// The text without its tags, and without what stands in those of `unsaid`.
fn untagged(text: &str, unsaid: &[&str]) -> String {
    let mut said = String::with_capacity(text.len());
    let (mut at, mut depth) = (0, 0_usize);
    for tag in TAG.captures_iter(text) {
        let (start, end) = tag.get(0).map_or((at, at), |tag| (tag.start(), tag.end()));
        let name = tag.name("name").map_or("", |name| name.as_str());
        if depth == 0 {
            said.push_str(&text[at..start]);
            said.push_str(if BLOCK.is_match(name) { "\n" } else { "" });
        }
        if unsaid.iter().any(|unsaid| unsaid.eq_ignore_ascii_case(name)) {
            let ends = tag.name("end").is_some_and(|end| !end.is_empty());
            depth = if ends { depth.saturating_sub(1) } else { depth + 1 };
        }
        at = end;
    }
    said.push_str(if depth == 0 { &text[at..] } else { "" });
    said
}

/// Lines that quote, everything from the head of a mail on, and what a device signs with.
fn without_mail(text: &str) -> Option<String> {
    if !text.contains('\n') {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let begins = |at: &usize| introduces_mail(lines[*at], &lines[at + 1..]);
    let end = (1..lines.len()).find(begins).unwrap_or(lines.len());
    let mut said: Vec<&str> =
        lines[..end].iter().copied().filter(|line| !line.trim_start().starts_with('>')).collect();
    if let Some(last) =
        said.iter().rposition(|line| says_something(line)).filter(|last| is_signed(said[*last]))
    {
        said.truncate(last);
    }
    (said.len() < lines.len() && said.iter().any(|line| says_something(line)))
        .then(|| said.join("\n").trim().to_owned())
}

/// "-----Original Message-----", or a line of dashes before a signature.
static PARTS: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*(-{3,}\s*\p{L}.*-{3,}|--)\s*$"));
/// "From: ..", "Sent: ..".
static HEAD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[\s*]*(?<name>\p{L}[\p{L}\p{M} ]{0,20}?)[\s*]*[:：]"));

/// The line stands before the mail that is answered. `behind`: the lines behind it.
fn introduces_mail(line: &str, behind: &[&str]) -> bool {
    let line = line.trim();
    let name_of = |line: &str| HEAD.captures(line).map(|head| head["name"].to_lowercase());
    let is_head = || {
        // "From: Berlin" and "To: Rome" are no mail.
        let next = || behind.iter().take(HEAD_LINES).find(|line| says_something(line));
        let is_sent = |next: &&str| name_of(next).is_some_and(|name| SENT.contains(&name.as_str()));
        name_of(line).is_some_and(|name| FROM.contains(&name.as_str()))
            && (line.contains('@') || next().is_some_and(is_sent))
    };
    let tells_who_wrote = || {
        line.ends_with([':', '：'])
            && line.chars().count() <= HEADER_CHARS
            && (line.ends_with(">:")
                || (line.contains(|c: char| c.is_ascii_digit() || c == '@')
                    && WROTE.iter().any(|wrote| line.contains(wrote))))
    };
    PARTS.is_match(line) || is_head() || tells_who_wrote()
}

/// "Sent from my phone".
fn is_signed(line: &str) -> bool {
    let line = line.trim().to_lowercase();
    line.split_whitespace().count() <= SIGNED_WORDS && SIGNED.iter().any(|signed| line.starts_with(signed))
}

/// Addresses of pages, with their path, and of mailboxes: words in them ask for nothing.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i-u)(?:\b[a-z][a-z0-9+.-]*://|\bwww\.)[!-~]*[a-z0-9/]|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}/(?:[!-~]*[a-z0-9/])?|\b[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+",
    )
});

fn without_addresses(text: &str) -> Option<String> {
    if !text.contains(['/', '@']) && !text.contains("www.") {
        return None;
    }
    match ADDRESS.replace_all(text, " ") {
        Cow::Borrowed(_) => None,
        Cow::Owned(rest) => Some(rest),
    }
}

/// Ones among exclamation marks, of who lets go of the shift key.
static ONES: LazyLock<Regex> = LazyLock::new(|| pattern(r"!1[1!]*"));

fn without_ones(text: &str) -> Option<String> {
    text.contains("!1").then(|| ONES.replace_all(text, "!").into_owned())
}

/// One that is written down here.
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is written so")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(delivered: &str, written: &str) {
        assert_eq!(plain(delivered), written, "{delivered:?}");
        assert_eq!(plain(written), written, "what is plain stays");
    }

    #[test]
    fn mail_that_is_answered_is_not_what_is_written() {
        check("no thanks\n\n> Would you like me to connect you to an agent?", "no thanks");
        check("> Shall I?\n> Now?\nyes please\n", "yes please");
        check("Solved!\n\n-----Original Message-----\nFrom: Bot\nReply AGENT for a human.", "Solved!");
        check("Nein\r\n\r\nAm Mo., 3. Nov. 2025 um 10:00 schrieb Bot <b@example.com>:\r\nSoll ich?", "Nein");
        check("Non\nDe : Bot\nEnvoyé : lundi\nUn agent ?", "Non");
        check("不用了\n2025年11月3日 Bot 写道：\n要转人工吗？", "不用了");
        check("operator\n\nSent from my iPhone", "operator");
        check("Bis morgen\n-- \nAnna Muster\nLeiterin", "Bis morgen");
    }

    #[test]
    fn what_only_looks_like_quoted_mail_stays() {
        for text in [
            "> I want a human",
            "Your colleague wrote:\nthe parcel is lost",
            "My data:\nName: Anna\nOrder: 5523",
            "--- urgent\nplease call",
            "Flight change please\nFrom: Berlin\nTo: Rome\nPlease get me an agent",
            "Hello\nSent from your warehouse on Monday, I want to talk to a human",
            "Sent from my iPhone",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn markup_is_read_as_it_is_seen() {
        check("<p>yes please</p>", "yes please");
        check("<div dir=\"ltr\">an <b>agent</b>,&nbsp;please<br/>now</div>", "an agent, please\nnow");
        check("<p>no</p><blockquote>an agent?</blockquote>", "no");
        check("<blockquote>hi<blockquote>an</blockquote> agent?</blockquote>no", "no");
        check("<head><style>.a{}</style><title>agent</title></head>no", "no");
        check("a < b and c > d, <3 &co", "a < b and c > d, <3 &co");
        check("Tom &amp; Anna", "Tom & Anna");
    }

    #[test]
    fn words_in_addresses_ask_for_nothing() {
        check("see https://x.example/talk-to-an-agent?a=b&c now?", "see   now?");
        check("the link shop.example/contact-an-agent is broken", "the link   is broken");
        check("链接https://x.example/agent打不开", "链接 打不开");
        check("write to agent@shop.example.com, please", "write to  , please");
        check("and/or 1/2 24/7 @home", "and/or 1/2 24/7 @home");
    }

    #[test]
    fn a_one_among_exclamation_marks_is_one() {
        check("agent!!!1", "agent!!!");
        check("agent!1!1! now", "agent! now");
        check("wow! 1 more", "wow! 1 more");
    }

    #[test]
    fn no_more_is_read_than_the_limit() {
        assert_eq!(plain(&"a".repeat(TEXT_READ_CHARS + 1)).len(), TEXT_READ_CHARS);
        let long = format!("{}agent", "<p></p>".repeat(TEXT_READ_CHARS / 2));
        assert_eq!(plain(&long), "agent");
    }
}
