//! What rows are split by: dimensions, and which of them go together.

use std::borrow::Cow;

use super::{ALL, Grain, OTHER, joined, label};
use crate::domain::measure::Place;

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

    /// The value of a count at `place`: see [`super::Slot::value`].
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
