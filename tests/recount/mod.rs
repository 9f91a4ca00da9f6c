//! The windows counted again from the facts: the slow and obvious way, sharing nothing with the engine but the row type.

use std::collections::BTreeMap;

use segue::domain::cells::Cells;
use segue::domain::measure::{Measure, Place};
use segue::domain::window::{Grain, Slot, Window};
use segue::wire::window::WindowRow;

/// Every row that these measures make, by `window_id`, as revision 0 and not final. No limits, nothing late.
pub fn recount<'a>(measures: impl IntoIterator<Item = &'a Measure>) -> BTreeMap<String, WindowRow> {
    let mut rows: BTreeMap<String, WindowRow> = BTreeMap::new();
    for measure in measures {
        for (labels, grains) in places(&measure.place) {
            for (grain, minutes) in grains {
                let length = minutes * 60_000;
                let start = measure.at - measure.at.rem_euclid(length);
                let window = Window::at(*grain, start);
                assert_eq!((window.start(), window.end()), (start, start + length));
                let slot = Slot::of_labels(labels.each_ref().map(String::as_str));
                let row = WindowRow { window, slot, revision: 0, is_final: false, cells: Cells::default() };
                let cells = &mut rows.entry(row.window_id()).or_insert(row).cells;
                cells.add(measure.quantity, measure.amount);
                cells.sl_threshold = cells.sl_threshold.meet(measure.sl_threshold_ms);
                cells.short_abandon = cells.short_abandon.meet(measure.short_abandon_ms);
            }
        }
    }
    rows
}

type Grains = &'static [(Grain, i64)];

const FROM_MINUTES: Grains =
    &[(Grain::Minute, 1), (Grain::Quarter, 15), (Grain::Hour, 60), (Grain::Day, 24 * 60)];
const FROM_QUARTERS: Grains = &[(Grain::Quarter, 15), (Grain::Hour, 60), (Grain::Day, 24 * 60)];

/// The labels of every row a count at this place belongs to: tenant, channel, queue, reason, intent, AI version, policy.
fn places(place: &Place) -> Vec<([String; 7], Grains)> {
    let all = || ["_all"; 7].map(str::to_owned);
    let values =
        [&place.tenant, &place.channel, &place.queue, &place.reason, &place.intent, &place.ai_version];
    let own = values.map(|value| match value.as_deref() {
        None | Some("") => "_none".to_owned(),
        Some("_all" | "_none" | "_other") => format!("_{}", value.as_deref().unwrap_or_default()),
        Some(value) => value.to_owned(),
    });
    if let Some(policy) = &place.policy {
        let mut shadow = ["_shadow"; 7].map(str::to_owned);
        shadow[0].clone_from(&own[0]);
        shadow[6].clone_from(policy);
        return vec![(shadow, FROM_QUARTERS)];
    }
    let mut tenant = all();
    tenant[0].clone_from(&own[0]);
    let mut places = vec![(all(), FROM_MINUTES), (tenant.clone(), FROM_MINUTES)];
    for dimension in 1..6 {
        let mut split = tenant.clone();
        split[dimension].clone_from(&own[dimension]);
        places.push((split, FROM_QUARTERS));
    }
    places
}
