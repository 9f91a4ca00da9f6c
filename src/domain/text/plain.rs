//! What somebody wrote, of what a channel delivers: without markup, addresses of pages and mailboxes, the mail that is answered,
//! and what a device signs with.
//!
//! Invariant: markup and addresses go; of the rest nothing, if nothing else was written.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::domain::limits::TEXT_READ_CHARS;

/// What is delivered may be so many times as long as what is read.
const DELIVERED: usize = 4;
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
/// How a device signs.
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

/// The first [`TEXT_READ_CHARS`] characters of what somebody wrote.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    let mut plain = Cow::Borrowed(shorten(text, DELIVERED * TEXT_READ_CHARS));
    for step in [without_markup, without_mail, without_addresses, without_ones] {
        if let Some(rest) = step(&plain) {
            plain = Cow::Owned(rest);
        }
    }
    match plain {
        Cow::Borrowed(text) => Cow::Borrowed(shorten(text, TEXT_READ_CHARS)),
        Cow::Owned(text) => Cow::Owned(shorten(&text, TEXT_READ_CHARS).to_owned()),
    }
}

/// The first `chars` characters.
fn shorten(text: &str, chars: usize) -> &str {
    if text.len() <= chars {
        return text;
    }
    text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end])
}

fn says_something(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Mail that is answered, and what nobody sees.
static UNSAID: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?is)<(blockquote|style|script|head)\b.*?</(blockquote|style|script|head)\s*>")
});
/// `<p>`, `</div>`, `<a href="..">`; not "a < b", `<3` or `<me@example.com>`. Those of blocks are named.
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?is)<!--.*?-->|</?(?:(?<block>p|br|div|li|ul|ol|tr|td|th|table|h[1-6]|blockquote)|[a-z][a-z0-9]*)(?:\s[^<>]*)?/?>",
    )
});
static ENTITY: LazyLock<Regex> = LazyLock::new(|| pattern(r"&(nbsp|#160|lt|gt|quot|apos|#39|#x27|amp);"));

/// Tags and entities of HTML as a reader sees them.
fn without_markup(text: &str) -> Option<String> {
    if !text.contains(['<', '&']) || !(TAG.is_match(text) || ENTITY.is_match(text)) {
        return None;
    }
    let said = UNSAID.replace_all(text, "\n");
    let said = if says_something(&TAG.replace_all(&said, "")) { said } else { Cow::Borrowed(text) };
    let said =
        TAG.replace_all(&said, |tag: &Captures<'_>| if tag.name("block").is_some() { "\n" } else { "" });
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

/// Lines that quote, everything from the head of a mail on, and what a device signs with.
fn without_mail(text: &str) -> Option<String> {
    if !text.contains('\n') {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let begins =
        |at: &usize| introduces_mail(lines[*at], lines[at + 1..].iter().find(|line| says_something(line)));
    let end = (1..lines.len()).find(begins).unwrap_or(lines.len());
    let mut said: Vec<&str> =
        lines[..end].iter().copied().filter(|line| !line.trim_start().starts_with('>')).collect();
    while said.last().is_some_and(|line| !says_something(line) || is_signed(line)) {
        said.pop();
    }
    (said.len() < lines.len() && said.iter().any(|line| says_something(line))).then(|| said.join("\n"))
}

/// "-----Original Message-----", or a line of dashes before a signature.
static PARTS: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*(-{3,}\s*\p{L}.*-{3,}|--)\s*$"));
/// "From: ..", "Sent: ..".
static HEAD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[\s*]*(?<name>\p{L}[\p{L}\p{M} ]{0,20}?)[\s*]*[:：]"));

/// The line stands before the mail that is answered. `next`: the line behind it.
fn introduces_mail(line: &str, next: Option<&&str>) -> bool {
    let line = line.trim();
    let is_head = || {
        let name = HEAD.captures(line).map(|head| head["name"].to_lowercase());
        name.is_some_and(|name| FROM.contains(&name.as_str())) && next.is_some_and(|next| HEAD.is_match(next))
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
    SIGNED.iter().any(|signed| line.starts_with(signed))
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
            "From: Berlin\nI want to fly to Rome",
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
