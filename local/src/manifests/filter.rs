//! Which events a Trigger takes: the dialects of the CloudEvents Subscriptions API that Knative has.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One filter expression as written: exactly one dialect.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FilterFields {
    exact: Option<BTreeMap<String, String>>,
    prefix: Option<BTreeMap<String, String>>,
    suffix: Option<BTreeMap<String, String>>,
    all: Option<Vec<FilterFields>>,
    any: Option<Vec<FilterFields>>,
    not: Option<Box<FilterFields>>,
}

/// `spec.filter` of a Trigger: the older form, exact values where empty means any.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LegacyFilter {
    #[serde(default)]
    pub(crate) attributes: BTreeMap<String, String>,
}

/// A filter expression over the context attributes of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Each attribute has exactly this value.
    Exact(BTreeMap<String, String>),
    /// Each attribute begins so.
    Prefix(BTreeMap<String, String>),
    /// Each attribute ends so.
    Suffix(BTreeMap<String, String>),
    /// All expressions hold.
    All(Vec<Filter>),
    /// At least one expression holds.
    Any(Vec<Filter>),
    /// The expression does not hold.
    Not(Box<Filter>),
}

impl Filter {
    /// Whether an event with these attributes passes. An attribute that the event lacks never fits.
    pub fn matches<'a>(&self, attribute: &dyn Fn(&str) -> Option<&'a str>) -> bool {
        let every = |wanted: &BTreeMap<String, String>, fits: fn(&str, &str) -> bool| {
            wanted
                .iter()
                .all(|(name, value)| attribute(name).is_some_and(|has| fits(has, value)))
        };
        match self {
            Self::Exact(wanted) => every(wanted, |has, value| has == value),
            Self::Prefix(wanted) => every(wanted, |has, value| has.starts_with(value)),
            Self::Suffix(wanted) => every(wanted, |has, value| has.ends_with(value)),
            Self::All(filters) => filters.iter().all(|filter| filter.matches(attribute)),
            Self::Any(filters) => filters.iter().any(|filter| filter.matches(attribute)),
            Self::Not(filter) => !filter.matches(attribute),
        }
    }

    /// Adds the values of `attribute` that this expression names, exactly or as a prefix.
    pub fn values_of<'a>(&'a self, attribute: &str, values: &mut Vec<&'a str>) {
        match self {
            Self::Exact(wanted) | Self::Prefix(wanted) | Self::Suffix(wanted) => {
                values.extend(wanted.get(attribute).map(String::as_str));
            }
            Self::All(filters) | Self::Any(filters) => {
                for filter in filters {
                    filter.values_of(attribute, values);
                }
            }
            Self::Not(filter) => filter.values_of(attribute, values),
        }
    }
}

impl LegacyFilter {
    /// The same as an expression: attributes with an empty value may have any value, but must be there.
    pub(crate) fn into_filter(self) -> Filter {
        let (any, exact) = self
            .attributes
            .into_iter()
            .partition(|(_, value)| value.is_empty());
        Filter::All(vec![Filter::Exact(exact), Filter::Prefix(any)])
    }
}

impl TryFrom<FilterFields> for Filter {
    type Error = &'static str;

    fn try_from(fields: FilterFields) -> Result<Self, Self::Error> {
        let list = |filters: Vec<FilterFields>| {
            filters
                .into_iter()
                .map(Filter::try_from)
                .collect::<Result<Vec<_>, _>>()
        };
        let mut dialects = Vec::new();
        dialects.extend(fields.exact.map(Filter::Exact));
        dialects.extend(fields.prefix.map(Filter::Prefix));
        dialects.extend(fields.suffix.map(Filter::Suffix));
        dialects.extend(fields.all.map(list).transpose()?.map(Filter::All));
        dialects.extend(fields.any.map(list).transpose()?.map(Filter::Any));
        if let Some(not) = fields.not {
            dialects.push(Filter::Not(Box::new(Filter::try_from(*not)?)));
        }
        match (dialects.pop(), dialects.is_empty()) {
            (Some(filter), true) => Ok(filter),
            (Some(_), false) | (None, _) => {
                Err("each filter must have exactly one of exact, prefix, suffix, all, any, not")
            }
        }
    }
}
