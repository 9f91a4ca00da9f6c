//! How counts are grouped: grains of time, dimensions, splits.
//!
//! A row of counts is one [`Window`] and one [`Slot`]; its numbers are [`super::cells`]. Labels that stand for no value of the input begin with an
//! underscore: [`ALL`], [`NONE`], [`OTHER`]; a value that looks like one of them gets one underscore more ([`label`]).

use std::borrow::Cow;
use std::sync::Arc;

use super::ids::Millis;
use super::measure::Place;

/// Label of a dimension that a row does not split by.
pub const ALL: &str = "_all";
/// Label of an unknown value.
pub const NONE: &str = "_none";
/// Label of the values beyond the limit.
pub const OTHER: &str = "_other";
/// What a row of a shadow policy holds beside tenant and policy: whoever reads rows by their labels, and knows of no
/// policies, takes none of them for the acting policy's.
pub const SHADOW: &str = "_shadow";

/// Length of the finest grain; measures are merged by it.
pub const MINUTE_MS: Millis = 60_000;
/// Length of the coarsest grain.
pub const DAY_MS: Millis = 24 * 60 * MINUTE_MS;

/// Parts the values of a slot that splits by several dimensions.
const SEPARATOR: char = '\u{1f}';

/// How long a window is; all are aligned to UTC. `Late` holds, by day of arrival, what came after its window was final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    Minute,
    Quarter,
    Hour,
    Day,
    Late,
}

impl Grain {
    pub const ALL: [Grain; 5] = [Grain::Minute, Grain::Quarter, Grain::Hour, Grain::Day, Grain::Late];

    /// The wire word.
    pub fn name(self) -> &'static str {
        match self {
            Grain::Minute => "PT1M",
            Grain::Quarter => "PT15M",
            Grain::Hour => "PT1H",
            Grain::Day => "P1D",
            Grain::Late => "late",
        }
    }

    /// The grain called `name` on the wire.
    pub fn named(name: &str) -> Option<Grain> {
        Grain::ALL.into_iter().find(|grain| grain.name() == name)
    }

    pub fn length_ms(self) -> Millis {
        match self {
            Grain::Minute => MINUTE_MS,
            Grain::Quarter => 15 * MINUTE_MS,
            Grain::Hour => 60 * MINUTE_MS,
            Grain::Day | Grain::Late => DAY_MS,
        }
    }
}

/// A stretch of event time: `[start, end)`. Ordered by end, so that what becomes final first comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    end: Millis,
    grain: Grain,
}

impl Window {
    /// The window of this grain that holds the moment `at`.
    pub fn at(grain: Grain, at: Millis) -> Window {
        let length = grain.length_ms();
        Window { end: at.div_euclid(length).saturating_mul(length).saturating_add(length), grain }
    }

    pub fn grain(self) -> Grain {
        self.grain
    }

    /// First moment inside.
    pub fn start(self) -> Millis {
        self.end - self.grain.length_ms()
    }

    /// First moment after.
    pub fn end(self) -> Millis {
        self.end
    }
}

/// The start of the minute that holds `at`.
pub fn minute_of(at: Millis) -> Millis {
    Window::at(Grain::Minute, at).start()
}

/// An attribute that rows may be split by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    Tenant,
    Channel,
    Queue,
    Reason,
    Intent,
    AiVersion,
    /// A shadow policy. Rows of the acting one are not split by it.
    Policy,
}

impl Dimension {
    /// In the order of the row's fields.
    pub const ALL: [Dimension; 7] = [
        Dimension::Tenant,
        Dimension::Channel,
        Dimension::Queue,
        Dimension::Reason,
        Dimension::Intent,
        Dimension::AiVersion,
        Dimension::Policy,
    ];

    /// The field of the row.
    pub fn name(self) -> &'static str {
        match self {
            Dimension::Tenant => "tenant",
            Dimension::Channel => "channel",
            Dimension::Queue => "queue",
            Dimension::Reason => "reason",
            Dimension::Intent => "intent",
            Dimension::AiVersion => "ai_version",
            Dimension::Policy => "policy",
        }
    }

    /// The value a place has in this dimension.
    pub fn of(self, place: &Place) -> Option<&str> {
        match self {
            Dimension::Tenant => place.tenant.as_deref(),
            Dimension::Channel => place.channel.as_deref(),
            Dimension::Queue => place.queue.as_deref(),
            Dimension::Reason => place.reason.as_deref(),
            Dimension::Intent => place.intent.as_deref(),
            Dimension::AiVersion => place.ai_version.as_deref(),
            Dimension::Policy => place.policy.as_deref(),
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// What a row is split by: nothing (the total), the tenant, or the tenant and some dimensions within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Split(u8);

impl Split {
    pub const TOTAL: Split = Split(0);
    pub const TENANT: Split = Split(1);
    /// The only split that counts of a shadow policy go to, and no other counts do.
    pub const POLICY: Split = Split(Split::TENANT.0 | 1 << Dimension::Policy as u8);

    /// Within a tenant, by these dimensions.
    pub fn within_tenant(dimensions: &[Dimension]) -> Split {
        Split(dimensions.iter().fold(Split::TENANT.0, |bits, dimension| bits | dimension.bit()))
    }

    /// The total, the tenant, and each one of the other dimensions within it but the policy.
    pub fn standard() -> Vec<Split> {
        let single = Dimension::ALL.into_iter().skip(1).map(|dimension| Split::within_tenant(&[dimension]));
        let single = single.filter(|split| *split != Split::POLICY);
        [Split::TOTAL, Split::TENANT].into_iter().chain(single).collect()
    }

    pub fn has(self, dimension: Dimension) -> bool {
        self.0 & dimension.bit() != 0
    }

    /// The dimensions within the tenant, in the order of the row's fields.
    pub fn dimensions(self) -> impl Iterator<Item = Dimension> {
        Dimension::ALL.into_iter().skip(1).filter(move |dimension| self.has(*dimension))
    }

    /// Whether the values of this split are limited: those of the total and of the tenant are not.
    pub fn has_values(self) -> bool {
        self.0 & !Split::TENANT.0 != 0
    }

    /// `total`, `tenant`, `channel`, `channel+queue`: part of the key by which deltas find their owner. Never changes.
    pub fn name(self) -> Cow<'static, str> {
        if self == Split::TOTAL {
            return Cow::Borrowed("total");
        }
        let mut names = self.dimensions().map(Dimension::name);
        match (names.next(), names.next()) {
            (None, _) => Cow::Borrowed(Dimension::Tenant.name()),
            (Some(one), None) => Cow::Borrowed(one),
            (Some(first), Some(second)) => {
                let rest = names.map(|name| format!("+{name}")).collect::<String>();
                Cow::Owned(format!("{first}+{second}{rest}"))
            }
        }
    }

    /// The split called `name`.
    pub fn named(name: &str) -> Option<Split> {
        match name {
            "total" => Some(Split::TOTAL),
            "tenant" => Some(Split::TENANT),
            names => names.split('+').try_fold(Split::TENANT, |split, name| {
                let dimension =
                    Dimension::ALL.into_iter().skip(1).find(|dimension| dimension.name() == name)?;
                Some(Split(split.0 | dimension.bit()))
            }),
        }
    }

    /// The grains that rows of this split are kept in: minutes only for the total and the tenants.
    pub fn grains(self) -> &'static [Grain] {
        match self.has_values() {
            true => &[Grain::Quarter, Grain::Hour, Grain::Day],
            false => &[Grain::Minute, Grain::Quarter, Grain::Hour, Grain::Day],
        }
    }

    /// The tenant label of a count at `place`.
    pub fn tenant_at(self, place: &Place) -> Cow<'_, str> {
        match self.has(Dimension::Tenant) {
            true => label(place.tenant.as_deref()),
            false => Cow::Borrowed(ALL),
        }
    }

    /// The value of a count at `place`: see [`Slot::value`].
    pub fn value_at(self, place: &Place) -> Cow<'_, str> {
        let mut dimensions = self.dimensions();
        match (dimensions.next(), dimensions.next()) {
            (None, _) => Cow::Borrowed(""),
            (Some(one), None) => label(one.of(place)),
            (Some(_), Some(_)) => {
                Cow::Owned(joined(self.dimensions().map(|dimension| label(dimension.of(place)))))
            }
        }
    }

    /// The value of what is beyond the limit.
    pub fn value_other(self) -> Cow<'static, str> {
        match self.dimensions().count() {
            0 => Cow::Borrowed(""),
            1 => Cow::Borrowed(OTHER),
            several => Cow::Owned(joined(std::iter::repeat_n(Cow::Borrowed(OTHER), several))),
        }
    }
}

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
