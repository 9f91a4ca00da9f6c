//! How counts are grouped: grains of time, dimensions, splits.
//!
//! A row of counts is one [`Window`] and one [`Slot`]; its numbers are [`super::cells`]. Labels that stand for no value of the input begin with an
//! underscore: [`ALL`], [`NONE`], [`OTHER`]; a value that looks like one of them gets one underscore more ([`label`]).

mod grain;
mod split;

use std::borrow::Cow;
use std::sync::Arc;

pub use grain::{DAY_MS, Grain, MINUTE_MS, Window, minute_of};
pub use split::{Dimension, Split};

/// Label of a dimension that a row does not split by.
pub const ALL: &str = "_all";
/// Label of an unknown value.
pub const NONE: &str = "_none";
/// Label of the values beyond the limit.
pub const OTHER: &str = "_other";
/// What a row of a shadow policy holds beside tenant and policy: whoever reads rows by their labels, and knows of no
/// policies, takes none of them for the acting policy's.
pub const SHADOW: &str = "_shadow";

/// Parts the values of a slot that splits by several dimensions.
const SEPARATOR: char = '\u{1f}';

fn joined<'a>(labels: impl Iterator<Item = Cow<'a, str>>) -> String {
    let mut text = String::new();
    for (place, label) in labels.enumerate() {
        if place > 0 {
            text.push(SEPARATOR);
        }
        text.extend(label.chars().map(|c| if c == SEPARATOR { char::REPLACEMENT_CHARACTER } else { c }));
    }
    text
}

/// The label of a value: unknown and empty are [`NONE`]; what looks like one of our own labels gets one underscore more,
/// so that no value of the input can be filed as the total, as unknown or as the rest.
pub fn label(value: Option<&str>) -> Cow<'_, str> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Cow::Borrowed(NONE) };
    match value.strip_prefix('_').map(|rest| rest.trim_start_matches('_')) {
        Some(rest) if rest == "all" || rest == "none" || rest.starts_with("other") => {
            Cow::Owned(format!("_{value}"))
        }
        Some(_) | None => Cow::Borrowed(value),
    }
}

/// Which row of a window.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    pub split: Split,
    /// [`ALL`] for the total.
    pub tenant: Arc<str>,
    /// The label in the split's one dimension; empty for the total and the tenant; of several dimensions the labels in
    /// field order, parted by U+001F.
    pub value: Arc<str>,
}

impl Slot {
    pub fn new(split: Split, tenant: &str, value: &str) -> Slot {
        Slot { split, tenant: Arc::from(tenant), value: Arc::from(value) }
    }

    /// The slot with these labels in the order of [`Dimension::ALL`]; where one is [`ALL`] it does not split.
    pub fn of_labels(labels: [&str; Dimension::ALL.len()]) -> Slot {
        let [tenant, .., policy] = labels;
        if policy != ALL {
            return Slot::new(Split::POLICY, tenant, policy);
        }
        let within = || Dimension::ALL.into_iter().zip(labels).skip(1).filter(|(_, label)| *label != ALL);
        let dimensions = within().map(|(dimension, _)| dimension).collect::<Vec<_>>();
        if dimensions.is_empty() && tenant == ALL {
            return Slot::new(Split::TOTAL, ALL, "");
        }
        let value = match dimensions.len() {
            1 => within().map(|(_, label)| label.to_owned()).collect(),
            0 | 2.. => joined(within().map(|(_, label)| Cow::Borrowed(label))),
        };
        Slot::new(Split::within_tenant(&dimensions), tenant, &value)
    }

    /// What the row says in this dimension.
    pub fn label(&self, dimension: Dimension) -> &str {
        if !self.split.has(dimension) {
            return if self.split == Split::POLICY { SHADOW } else { ALL };
        }
        if dimension == Dimension::Tenant {
            return &self.tenant;
        }
        match self.split.dimensions().count() {
            1 => &self.value,
            0 | 2.. => {
                let position = self.split.dimensions().position(|other| other == dimension);
                position.and_then(|position| self.value.split(SEPARATOR).nth(position)).unwrap_or(NONE)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::measure::Place;

    #[test]
    fn windows_are_aligned_to_utc() {
        let at = 1_764_065_789_123; // 2025-11-25T10:16:29.123Z
        let starts = Grain::ALL.map(|grain| Window::at(grain, at).start());
        assert_eq!(
            starts,
            [1_764_065_760_000, 1_764_065_700_000, 1_764_064_800_000, 1_764_028_800_000, 1_764_028_800_000]
        );
        assert_eq!(Window::at(Grain::Hour, -1).start(), -3_600_000);
        assert_eq!(minute_of(120_000), 120_000);
        for extreme in [i64::MIN, i64::MAX] {
            let _ends_somewhere = Window::at(Grain::Day, extreme).start();
        }
    }

    #[test]
    fn split_names_are_read_back() {
        let mut splits = Split::standard();
        splits.push(Split::within_tenant(&[Dimension::Reason, Dimension::Channel]));
        splits.extend([Split::within_tenant(&Dimension::ALL), Split::POLICY]);
        let names = splits.iter().map(|split| split.name().into_owned()).collect::<Vec<_>>();
        let expected =
            ["total", "tenant", "channel", "queue", "reason", "intent", "ai_version", "channel+reason"];
        assert_eq!(names[..8], expected);
        assert_eq!(
            names.iter().map(|name| Split::named(name)).collect::<Vec<_>>(),
            splits.iter().map(|s| Some(*s)).collect::<Vec<_>>()
        );
        assert_eq!(Split::named("colour"), None);
    }

    #[test]
    fn no_value_of_the_input_becomes_a_label_of_ours() {
        let table = [
            (None, "_none"),
            (Some(""), "_none"),
            (Some("chat"), "chat"),
            (Some("_all"), "__all"),
            (Some("__all"), "___all"),
            (Some("_none"), "__none"),
            (Some("_other_3"), "__other_3"),
            (Some("_internal"), "_internal"),
            (Some("other"), "other"),
        ];
        for (value, expected) in table {
            assert_eq!(label(value), expected, "{value:?}");
        }
    }

    #[test]
    fn a_slot_is_known_by_its_labels() {
        let place =
            Place { channel: Some("chat".into()), intent: Some("a\u{1f}b".into()), ..Place::default() };
        let mut splits = Split::standard();
        splits.extend([Split::within_tenant(&[Dimension::Channel, Dimension::Queue]), Split::POLICY]);
        for split in splits {
            let slot = Slot::new(split, &split.tenant_at(&place), &split.value_at(&place));
            assert_eq!(Slot::of_labels(Dimension::ALL.map(|dimension| slot.label(dimension))), slot);
        }
    }

    #[test]
    fn a_shadows_row_shares_no_label_but_the_tenants_with_rows_of_the_acting_policy() {
        let slot = Slot::new(Split::POLICY, "acme", "canary.toml@7");
        let labels = Dimension::ALL.map(|dimension| slot.label(dimension));
        assert_eq!(labels, ["acme", "_shadow", "_shadow", "_shadow", "_shadow", "_shadow", "canary.toml@7"]);
        assert!(!Split::standard().contains(&Split::POLICY));
    }
}
