//! What layout 4 added, behind everything else: what the combination said, and the names of policies.
//!
//! ```text
//! of offer, handoff, previous   option of combined: f64 strength, f64 threshold, list of (variant reason, f64)
//! of handoff, previous          option of a word: the policy's name
//! ```
//! Left out where there is neither: then the state is as layout 3 had it.

use crate::domain::combination::Combined;
use crate::domain::conversation::Conversation;
use crate::domain::decision::Reason;
use crate::wire::packed::{Read, Reader, Writer};

/// There is something to write.
pub(super) fn is_there(c: &Conversation) -> bool {
    combined(c).iter().any(Option::is_some) || names(c).iter().any(Option::is_some)
}

/// Appends it.
pub(super) fn put<'s>(w: &mut Writer<'_, 's>, c: &'s Conversation) {
    combined(c).into_iter().for_each(|one| w.option(one, put_combined));
    names(c).into_iter().for_each(|name| w.option(name, |w, name| w.word(name)));
}

/// Reads it into the state that it belongs to.
pub(super) fn take_into(c: &mut Conversation, r: &mut Reader<'_>) -> Read<()> {
    let of_offer = r.option(take_combined)?;
    if let Some(offer) = &mut c.offer {
        offer.combined = of_offer;
    }
    let said = [r.option(take_combined)?, r.option(take_combined)?];
    let names = [r.option(Reader::word)?, r.option(Reader::word)?];
    let handoffs = [&mut c.handoff, &mut c.previous];
    for (handoff, (combined, name)) in handoffs.into_iter().zip(said.into_iter().zip(names)) {
        if let Some(handoff) = handoff {
            handoff.combined = combined;
            handoff.policy = name.unwrap_or_default();
        }
    }
    Ok(())
}

fn combined(c: &Conversation) -> [Option<&Combined>; 3] {
    [
        c.offer.as_ref().and_then(|offer| offer.combined.as_deref()),
        c.handoff.as_ref().and_then(|handoff| handoff.combined.as_deref()),
        c.previous.as_ref().and_then(|handoff| handoff.combined.as_deref()),
    ]
}

fn names(c: &Conversation) -> [Option<&str>; 2] {
    [&c.handoff, &c.previous].map(|handoff| {
        handoff.as_ref().map(|handoff| handoff.policy.as_str()).filter(|name| !name.is_empty())
    })
}

fn put_combined<'s>(w: &mut Writer<'_, 's>, combined: &'s Combined) {
    w.double(combined.strength);
    w.double(combined.threshold);
    w.list(&combined.contributions, |w, (reason, contribution)| {
        w.byte(*reason as u8);
        w.double(*contribution);
    });
}

fn take_combined(r: &mut Reader<'_>) -> Read<Box<Combined>> {
    let (strength, threshold) = (r.double()?, r.double()?);
    let contributions = r.list(|r| Ok((r.variant(&Reason::ALL)?, r.double()?)))?;
    Ok(Box::new(Combined { strength, threshold, contributions }))
}
