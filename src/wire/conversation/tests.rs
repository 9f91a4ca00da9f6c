//! Round trips over arbitrary conversations, refusals of arbitrary bytes, and the pinned bytes of this version.

mod layouts;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::domain::combination::Combined;
use crate::domain::combination::Peaks;
use crate::domain::conversation::{Ask, End, EndKind, Failure, Handoff, Heard, Offer, Streak};
use crate::domain::decision::{Decision, Reason, Signal};
use crate::domain::measure::Place;
use crate::domain::squeeze::Squeezed;
use crate::domain::text::{self, AiOffer};
use uuid::Uuid;

/// Ids repeat, as they do in a conversation; now and then one is new.
fn id() -> impl Strategy<Value = String> {
    prop_oneof![9 => (0..40_u8).prop_map(|n| format!("t-{n}")), 1 => text()]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z ü😀\"\\\\\0]{0,12}", any::<String>()]
}

/// Also makes options that are equal to another one likely.
fn word() -> impl Strategy<Value = Option<String>> {
    of(prop_oneof![select(vec!["", "a", "chat", "retail"]).prop_map(str::to_owned), text()])
}

fn time() -> impl Strategy<Value = i64> {
    prop_oneof![1_764_000_000_000..1_764_000_900_000_i64, any::<i64>()]
}

fn double() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("NaN is never equal to itself", |value| !value.is_nan())
}

fn single() -> impl Strategy<Value = f32> {
    any::<f32>().prop_filter("NaN is never equal to itself", |value| !value.is_nan())
}

fn profile() -> impl Strategy<Value = Profile> {
    (word(), word(), word(), word(), word(), word(), word(), any::<bool>()).prop_map(
        |(tenant, channel, language, intent, ai_agent, ai_version, customer_ref, is_test)| Profile {
            tenant,
            channel,
            language,
            intent,
            ai_agent,
            ai_version,
            customer_ref,
            is_test,
        },
    )
}

fn recent() -> impl Strategy<Value = KeptTurn> {
    (id(), select(&Role::ALL[..]), time(), text()).prop_map(|(event_id, role, at, text)| KeptTurn {
        event_id,
        role,
        at,
        text: Squeezed::new(&text),
    })
}

fn step() -> impl Strategy<Value = StepTaken> {
    (text(), vec((text(), text()), 0..3), select(&ToolStatus::ALL[..]), word(), id()).prop_map(
        |(action, arguments, status, result, event_id)| StepTaken {
            action,
            arguments,
            status,
            result,
            event_id,
        },
    )
}

fn fact() -> impl Strategy<Value = Fact> {
    (text(), text(), vec(text(), 0..3), select(&Source::ALL[..]), id(), time(), any::<bool>()).prop_map(
        |(name, value, mut values, source, event_id, at, is_among)| {
            values.extend(is_among.then(|| value.clone()));
            Fact { name, value, values, source, event_id, at, loose: 0 }
        },
    )
}

fn verification() -> impl Strategy<Value = Verification> {
    (word(), text(), id(), time()).prop_map(|(method, status, event_id, at)| Verification {
        method,
        status,
        event_id,
        at,
    })
}

fn streak() -> impl Strategy<Value = Streak> {
    (any::<u16>(), vec(id(), 0..4)).prop_map(|(count, turns)| Streak { count, turns })
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let streaks = vec(streak(), 7);
    let words = || {
        (0..=AiOffer::PLAIN.own.len(), any::<u32>()).prop_map(|(words, first)| {
            let word = |at: usize| if at < words { first.wrapping_add(at as u32) | 1 } else { 0 };
            std::array::from_fn(word)
        })
    };
    let offer = (any::<bool>(), any::<u32>(), select(&text::OptionPlace::ALL[..]), words(), words())
        .prop_map(|(by_yes, by_word, place, own, others)| AiOffer { by_yes, by_word, place, own, others });
    let told = (of(offer), any::<bool>());
    let numbers = (of(single()), any::<u16>(), of(time()), [single(), single()], any::<u16>(), told);
    let tools = (of((text(), any::<u16>())), select(&Failure::ALL[..]), any::<bool>());
    let prints = (vec(any::<u64>(), 0..4), vec(any::<u64>(), 0..4));
    (streaks, numbers, tools, prints, any::<[u8; 7]>()).prop_map(
        |(mut streaks, numbers, tools, prints, peaks)| {
            let mut streak = || streaks.pop().unwrap_or_default();
            let (failing_tool, failure, tools_worked) = tools;
            let (customer_prints, ai_prints) = prints;
            let (average, turns_without_progress, progress_at, levels, frustration_samples, told) = numbers;
            let ([frustration, tension], (ai_offer, person_declined)) = (levels, told);
            Evidence {
                low_confidence: streak(),
                confidence_average: average,
                not_understood: streak(),
                tool_failures: streak(),
                failing_tool,
                failure,
                tools_worked,
                customer_repeats: streak(),
                ai_repeats: streak(),
                customer_prints,
                ai_prints,
                failure_reports: streak(),
                turns_without_progress,
                progress_at,
                customer_at: progress_at.map(|at| at / 2),
                customer_not_understood: person_declined,
                frustration,
                frustration_turns: streak(),
                frustration_samples,
                tension,
                ai_offer,
                person_declined,
                peaks: Peaks(peaks),
            }
        },
    )
}

fn signal() -> impl Strategy<Value = Signal> {
    let choices = (select(&Reason::ALL[..]), select(&Decision::ALL[..]));
    (choices, double(), word(), vec(id(), 0..4), of(double()), of(double())).prop_map(
        |((reason, decision), strength, rule_id, turns, observed, threshold)| Signal {
            reason,
            strength,
            rule_id,
            turns,
            observed,
            threshold,
            decision,
        },
    )
}

fn combined() -> impl Strategy<Value = Option<Box<Combined>>> {
    let contributions = vec((select(&Reason::ALL[..]), double()), 0..3);
    of((double(), double(), contributions).prop_map(|(strength, threshold, contributions)| {
        Box::new(Combined { strength, threshold, contributions })
    }))
}

fn handoff() -> impl Strategy<Value = Handoff> {
    let who =
        (any::<u128>(), any::<u32>(), vec(signal(), 0..3), any::<i64>(), word(), vec(text(), 0..3), text());
    let place = (word(), word(), word(), word(), word());
    let times = (time(), time(), of(time()), of(time()), of(time()), vec(time(), 0..4));
    let rest = (any::<u8>(), any::<u32>(), vec(text(), 0..3), any::<bool>(), any::<bool>());
    let asks = vec((time(), id(), vec(signal(), 0..2)), 0..3);
    let desk = (any::<u32>(), of(time()), any::<i64>(), vec(text(), 0..3), any::<bool>(), asks);
    (who, place, times, rest, desk, combined(), text()).prop_map(
        |(who, place, times, rest, desk, combined, policy)| {
            let (replied, held_since, held_ms, asked_in_turns, questions_reported, asks) = desk;
            let asks =
                asks.into_iter().map(|(at, event_id, signals)| Ask { at, event_id, signals }).collect();
            let (id, episode, signals, priority, queue, skills, policy_version) = who;
            let (tenant, channel, intent, ai_version, outcome_queue) = place;
            let (requested_at, customer_waiting_since, queued_at, answered_at, closed_at, ai_turns) = times;
            let (reminders, replies, facts_given, reasked, resolved) = rest;
            Handoff {
                id: Uuid::from_u128(id),
                episode,
                requested_at,
                signals,
                combined,
                priority,
                queue,
                skills,
                policy,
                policy_version,
                customer_waiting_since,
                tenant,
                channel,
                intent,
                ai_version,
                outcome_queue,
                queued_at,
                answered_at,
                closed_at,
                reminders,
                ai_turns,
                replies,
                facts_given,
                reasked,
                resolved,
                replied,
                held_since,
                held_ms,
                asked_in_turns,
                questions_reported,
                asks,
            }
        },
    )
}

fn place() -> impl Strategy<Value = Place> {
    (word(), word(), word(), word(), word(), word()).prop_map(
        |(tenant, channel, queue, reason, intent, ai_version)| Place {
            tenant,
            channel,
            queue,
            reason,
            intent,
            ai_version,
            policy: None,
        },
    )
}

fn end() -> impl Strategy<Value = End> {
    (time(), select(&EndKind::ALL[..]), any::<bool>(), any::<bool>(), place())
        .prop_map(|(at, kind, missed, silent, place)| End { at, kind, missed, silent, place })
}

fn tally() -> impl Strategy<Value = Tally> {
    let reasons = (of(select(&Reason::ALL[..])), vec(select(&Reason::ALL[..]), 0..4));
    let counts = (any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>(), any::<bool>());
    let times = (of(time()), of(time()), of(any::<i64>()), any::<i64>(), any::<i64>(), any::<i64>());
    (reasons, counts, times, of(double()), of((double(), vec(text(), 0..4))), of(place())).prop_map(
        |((first_reason, reasons), counts, times, csat, completeness, first_handoff)| {
            let (handoffs, transfers, reopened, repeat_requests, violations, resolved) = counts;
            let (requested_at, answered_at, wait_ms, talk_ms, hold_ms, acw_ms) = times;
            Tally {
                handoffs,
                first_reason,
                reasons,
                requested_at,
                answered_at,
                wait_ms,
                talk_ms,
                hold_ms,
                acw_ms,
                transfers,
                resolved,
                reopened,
                csat,
                repeat_requests,
                violations,
                completeness,
                first_handoff: first_handoff.map(Box::new),
            }
        },
    )
}

fn conversation() -> impl Strategy<Value = Conversation> {
    let times = (time(), time(), time(), of(any::<i64>()), of(time()));
    let counts = (any::<[u32; 5]>(), any::<u32>(), any::<u32>(), any::<i64>(), any::<i64>());
    let lists = (vec(any::<u64>(), 0..6), vec(recent(), 0..5), vec(step(), 0..4), vec(fact(), 0..4));
    let parts = (of(verification()), of((single(), single(), single())), of(evidence()), of(tally()));
    let life = (
        select(&Phase::ALL[..]),
        of((time(), any::<bool>(), vec(signal(), 0..3), combined())),
        of(handoff()),
        of(end()),
    );
    let heard = of((any::<[u8; 2]>(), any::<u32>()));
    let since = (of(time()), of(time()), of(time()), of(handoff()), heard);
    (profile(), (word(), word()), times, counts, lists, parts, life, since).prop_map(
        |(profile, (goal, ai_summary), times, counts, lists, parts, life, since)| {
            let (last_answer_at, worked_at, no_response_checked, previous, heard) = since;
            let (started_at, last_at, newest_at, seq, waiting_since) = times;
            let ([customer, ai, tool, human, system], episode, summary_revision, first, last) = counts;
            let (seen, recent, steps, facts) = lists;
            let (verification, sentiment, evidence, tally) = parts;
            let (phase, offer, handoff, end) = life;
            Conversation {
                started_at,
                last_at,
                profile,
                goal: goal.as_deref().map(Squeezed::new),
                ai_summary: ai_summary.as_deref().map(Squeezed::new),
                turns: TurnCounts { customer, ai, tool, human, system },
                newest: Newest { seq, at: newest_at },
                seen,
                recent,
                steps,
                facts,
                verification,
                sentiment: sentiment.map(|(now, lowest, before)| Sentiment { now, lowest, before }),
                evidence: evidence.unwrap_or_default(),
                waiting_since,
                phase,
                episode,
                offer: offer.map(|(at, open, signals, combined)| Offer { at, open, signals, combined }),
                handoff: handoff.map(Box::new),
                end: end.map(Box::new),
                tally: tally.unwrap_or_default(),
                offsets: Offsets { first, last },
                summary_revision,
                last_answer_at,
                worked_at,
                no_response_checked,
                previous: previous.map(Box::new),
                heard: heard.map(|(code, words)| Heard { code, words }),
            }
        },
    )
}

/// A conversation as most are when they are stored.
fn typical() -> Conversation {
    let at = 1_764_000_000_000;
    let some = |text: &str| Some(text.to_owned());
    let recent = |n: i64, role| KeptTurn {
        event_id: format!("evt-00017-{n:04}"),
        role,
        at: at + n * 20_000,
        text: Squeezed::new(
            "My order shows as delivered on Tuesday but it never arrived, and the neighbours have not seen a parcel",
        ),
    };
    let step = |action: &str, n: i64| StepTaken {
        action: action.to_owned(),
        arguments: vec![("order_id".to_owned(), "#W1234567".to_owned())],
        status: ToolStatus::Ok,
        result: some("delivered 2025-11-20, carrier UPS, left at front door"),
        event_id: format!("evt-00017-{n:04}"),
    };
    let fact = |name: &str, value: &str, n: i64| Fact {
        loose: 0,
        name: name.to_owned(),
        value: value.to_owned(),
        values: vec![value.to_owned()],
        source: Source::ToolArgument,
        event_id: format!("evt-00017-{n:04}"),
        at: at + n * 20_000,
    };
    Conversation {
        started_at: at,
        last_at: at + 240_000,
        profile: Profile {
            tenant: some("retail"),
            channel: some("chat"),
            language: some("en"),
            intent: some("missing_delivery"),
            ai_agent: some("shopbot"),
            ai_version: some("4.2"),
            customer_ref: some("u-48213"),
            is_test: false,
        },
        goal: Some(Squeezed::new("find the missing delivery")),
        turns: TurnCounts { customer: 5, ai: 5, tool: 2, human: 0, system: 0 },
        newest: Newest { seq: Some(12), at: at + 240_000 },
        seen: (0..12).map(|n| crate::domain::ids::print(&format!("evt-{n}"))).collect(),
        recent: vec![
            recent(9, Role::Customer),
            recent(10, Role::Ai),
            recent(11, Role::Customer),
            recent(12, Role::Ai),
        ],
        steps: vec![step("get_order", 3), step("get_shipment", 5)],
        facts: vec![
            fact("order_id", "#W1234567", 3),
            fact("delivered_at", "2025-11-20", 5),
            fact("amount", "612.50", 3),
        ],
        sentiment: Some(Sentiment { now: -0.4, lowest: -0.6, before: -0.2 }),
        evidence: Evidence {
            customer_prints: vec![7, 9],
            progress_at: Some(at + 100_000),
            ..Evidence::default()
        },
        episode: 1,
        offsets: Offsets { first: 88_120, last: 88_960 },
        ..Conversation::default()
    }
}

fn packed(conversation: &Conversation) -> Vec<u8> {
    let mut out = Vec::new();
    encode(conversation, &mut out);
    out
}

fn print(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(*byte)))
}

#[test]
fn nothing_known_survives() {
    let nothing = Conversation::default();
    assert_eq!(decode(&packed(&nothing)), Ok(Box::new(nothing)));
}

#[test]
fn a_typical_state_is_small() {
    let bytes = packed(&typical());
    assert_eq!(decode(&bytes), Ok(Box::new(typical())));
    assert!(bytes.len() < 750, "{} bytes", bytes.len());
}

#[test]
fn a_hand_off_keeps_the_name_of_its_policy() {
    let named = |policy: &str| {
        let handoff =
            Handoff { policy: policy.to_owned(), policy_version: "7".to_owned(), ..Handoff::default() };
        Conversation { handoff: Some(Box::new(handoff)), ..typical() }
    };
    for state in [named("live.toml"), named("")] {
        assert_eq!(decode(&packed(&state)), Ok(Box::new(state)));
    }
    assert!(packed(&named("")).len() < packed(&named("a")).len(), "without a name it is as before");
}

#[test]
fn a_promise_of_more_than_there_is_allocates_nothing() {
    // A goal of 2^60 bytes; then a list of 2^60 prints.
    let mut bytes = packed(&Conversation::default());
    let goal = 1 + 3 + 1 + 1 + 7 - 2;
    for at in [goal, bytes.len() - 4] {
        let mut broken = bytes[..at].to_vec();
        broken.extend_from_slice(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]);
        assert_eq!(decode(&broken).unwrap_err().stage, "decode");
    }
    bytes.push(0);
    assert!(decode(&bytes).unwrap_err().error.starts_with("something follows the record"));
}

proptest! {
    #[test]
    fn every_conversation_survives(conversation in conversation()) {
        prop_assert_eq!(decode(&packed(&conversation)), Ok(Box::new(conversation)));
    }

    #[test]
    fn a_peek_sees_the_waits(conversation in conversation()) {
        prop_assert_eq!(peek(&packed(&conversation)), Ok(conversation.waits()));
    }

    #[test]
    fn a_cut_record_is_refused(conversation in conversation(), cut in any::<prop::sample::Index>()) {
        let bytes = packed(&conversation);
        prop_assert!(decode(&bytes[..cut.index(bytes.len())]).is_err());
    }

    #[test]
    fn any_bytes_are_read_or_refused(mut bytes in vec(any::<u8>(), 0..200), conversation in conversation(), at in any::<prop::sample::Index>()) {
        drop(decode(&bytes));
        bytes.insert(0, VERSION);
        drop(decode(&bytes));
        let mut broken = packed(&conversation);
        let at = at.index(broken.len());
        broken[at] ^= bytes[0] | 1;
        drop(decode(&broken));
    }
}
