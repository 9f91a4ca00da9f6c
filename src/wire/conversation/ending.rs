//! How a conversation ended and what was counted of it, in a packed conversation.

use crate::domain::conversation::{End, EndKind, Tally};
use crate::domain::decision::Reason;
use crate::domain::measure::Place;
use crate::wire::packed::{Read, Reader, Writer};

pub(super) fn put_end<'s>(w: &mut Writer<'_, 's>, end: &'s End) {
    w.flags([end.missed, end.silent]);
    w.time(end.at);
    w.byte(end.kind as u8);
    put_place(w, &end.place);
}

/// Without the policy: what a state remembers is counted by the policy whose state it is.
fn put_place<'s>(w: &mut Writer<'_, 's>, place: &'s Place) {
    w.word_option(place.tenant.as_deref());
    w.word_option(place.channel.as_deref());
    w.word_option(place.queue.as_deref());
    w.word_option(place.reason.as_deref());
    w.word_option(place.intent.as_deref());
    w.word_option(place.ai_version.as_deref());
}

fn take_place(r: &mut Reader<'_>) -> Read<Place> {
    Ok(Place {
        tenant: r.word_option()?,
        channel: r.word_option()?,
        queue: r.word_option()?,
        reason: r.word_option()?,
        intent: r.word_option()?,
        ai_version: r.word_option()?,
        policy: None,
    })
}

pub(super) fn take_end(r: &mut Reader<'_>) -> Read<End> {
    let [missed, silent] = r.flags()?;
    Ok(End { at: r.time()?, kind: r.variant(&EndKind::ALL)?, missed, silent, place: take_place(r)? })
}

pub(super) fn put_tally<'s>(w: &mut Writer<'_, 's>, tally: &'s Tally) {
    w.flags([tally.resolved]);
    w.count(u64::from(tally.handoffs));
    w.option(tally.first_reason, |w, reason| w.byte(reason as u8));
    w.list(&tally.reasons, |w, reason| w.byte(*reason as u8));
    w.option(tally.requested_at, Writer::time);
    w.option(tally.answered_at, Writer::time);
    w.option(tally.wait_ms, Writer::signed);
    w.signed(tally.talk_ms);
    w.signed(tally.hold_ms);
    w.signed(tally.acw_ms);
    w.count(u64::from(tally.transfers));
    w.count(u64::from(tally.reopened));
    w.option(tally.csat, Writer::double);
    w.count(u64::from(tally.repeat_requests));
    w.count(u64::from(tally.violations));
    w.option(tally.completeness.as_ref(), |w, (score, missing)| {
        w.double(*score);
        w.words(missing);
    });
    w.option(tally.first_handoff.as_deref(), put_place);
}

pub(super) fn take_tally(r: &mut Reader<'_>) -> Read<Tally> {
    let [resolved] = r.flags()?;
    Ok(Tally {
        handoffs: r.small()?,
        first_reason: r.option(|r| r.variant(&Reason::ALL))?,
        reasons: r.list(|r| r.variant(&Reason::ALL))?,
        requested_at: r.option(Reader::time)?,
        answered_at: r.option(Reader::time)?,
        wait_ms: r.option(Reader::signed)?,
        talk_ms: r.signed()?,
        hold_ms: r.signed()?,
        acw_ms: r.signed()?,
        transfers: r.small()?,
        reopened: r.small()?,
        csat: r.option(Reader::double)?,
        repeat_requests: r.small()?,
        violations: r.small()?,
        completeness: r.option(|r| Ok((r.double()?, r.words()?)))?,
        first_handoff: r.option(take_place)?.map(Box::new),
        resolved,
    })
}
