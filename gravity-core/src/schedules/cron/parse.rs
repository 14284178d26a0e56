//! Reads cron expressions.

use std::str::FromStr;

use super::error::{CronError, excerpt};
use super::field::{Bounds, Items};
use super::item::Item;
use super::{Cron, CronField};

const ALIASES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        if text.len() > Self::MAX_LENGTH {
            return Err(CronError::TooLong);
        }
        let text = text.trim_matches([' ', '\t']);
        if text.starts_with('@') {
            let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(text));
            let (_, expression) = alias.ok_or_else(|| CronError::Alias(excerpt(text)))?;
            return expression.parse();
        }
        let fields: Vec<&str> = text.split([' ', '\t']).filter(|field| !field.is_empty()).collect();
        let (second, rest) = match fields.as_slice() {
            [_, _, _, _, _] => (Items::zero(), fields.as_slice()),
            [second, rest @ ..] if rest.len() == 5 => (items(CronField::Second, second)?, rest),
            other => return Err(CronError::FieldCount(other.len())),
        };
        Ok(Self::of([
            second,
            items(CronField::Minute, rest[0])?,
            items(CronField::Hour, rest[1])?,
            items(CronField::DayOfMonth, rest[2])?,
            items(CronField::Month, rest[3])?,
            items(CronField::DayOfWeek, rest[4])?,
        ]))
    }
}

fn items(field: CronField, text: &str) -> Result<Items, CronError> {
    text.split(',').map(|part| item(field, part)).collect::<Result<_, _>>().map(Items)
}

fn item(field: CronField, part: &str) -> Result<Item, CronError> {
    let fail = |reason| Err(CronError::of(field, part, reason));
    if part.is_empty() {
        return fail("is empty");
    }
    if let Some(special) = special(field, part)? {
        return Ok(special);
    }
    let (range, step) = match part.split_once('/') {
        None => (part, None),
        Some((range, step)) => match number(step) {
            Some(step @ 1..) => (range, Some(step)),
            _ => return fail("has a step that is no number from 1 to 255"),
        },
    };
    if range == "*" {
        return Ok(Item::Star { step: step.unwrap_or(1) });
    }
    let bounds = field.bounds();
    let (from, to) = match range.split_once('-') {
        Some((from, to)) => {
            let from = value(field, part, from)?;
            let to_value = value(field, part, to)?;
            // `FRI-SUN` ends with the Sunday that is 7.
            let is_sunday = field == CronField::DayOfWeek && to_value == 0 && number(to).is_none();
            (from, if is_sunday && from > 0 { 7 } else { to_value })
        }
        None => {
            let from = value(field, part, range)?;
            // `3/5` goes on to the end. The days of a week end with 6, so that none is met twice.
            let end = if field == CronField::DayOfWeek { from.max(6) } else { bounds.most };
            (from, if step.is_some() { end } else { from })
        }
    };
    if from > to {
        return fail("ends before it begins");
    }
    Ok(Item::Range { from, to, step: step.unwrap_or(1) })
}

/// What only days can be.
fn special(field: CronField, part: &str) -> Result<Option<Item>, CronError> {
    let fail = |reason| Err(CronError::of(field, part, reason));
    let upper = part.to_ascii_uppercase();
    match field {
        CronField::DayOfMonth => {
            if upper == "L" {
                return Ok(Some(Item::Last { before: 0 }));
            }
            if upper == "LW" {
                return Ok(Some(Item::LastWeekday));
            }
            if let Some(before) = upper.strip_prefix("L-") {
                return match number(before) {
                    Some(before @ 0..=30) => Ok(Some(Item::Last { before })),
                    _ => fail("counts back by no number from 0 to 30"),
                };
            }
            if let Some(day) = upper.strip_suffix('W') {
                return Ok(Some(Item::Weekday { day: value(field, part, day)? }));
            }
        }
        CronField::DayOfWeek => {
            if let Some((day, nth)) = upper.split_once('#') {
                let day = value(field, part, day)? % 7;
                return match number(nth) {
                    Some(nth @ 1..=5) => Ok(Some(Item::Nth { day, nth })),
                    _ => fail("has no number from 1 to 5 after the `#`"),
                };
            }
            if let Some(day) = upper.strip_suffix('L') {
                if day.is_empty() {
                    return fail("says not which day of the week is meant, as `5L` does");
                }
                return Ok(Some(Item::LastOf { day: value(field, part, day)? % 7 }));
            }
        }
        _ => {}
    }
    Ok(None)
}

/// A number or a name within the field's bounds.
fn value(field: CronField, part: &str, text: &str) -> Result<u8, CronError> {
    let Bounds { least, most, names } = field.bounds();
    if let Some(at) = names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        // Both lists of names are shorter than 13.
        return Ok(least + u8::try_from(at).unwrap_or(0));
    }
    match number(text) {
        Some(number) if (least..=most).contains(&number) => Ok(number),
        Some(_) => Err(CronError::of(field, part, outside(field))),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() => {
            Err(CronError::of(field, part, outside(field)))
        }
        None => Err(CronError::of(field, part, unknown(field))),
    }
}

/// Up to three digits and nothing else.
fn number(text: &str) -> Option<u8> {
    let is_number = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

const fn outside(field: CronField) -> &'static str {
    match field {
        CronField::Second | CronField::Minute => "lies outside 0 to 59",
        CronField::Hour => "lies outside 0 to 23",
        CronField::DayOfMonth => "lies outside 1 to 31",
        CronField::Month => "lies outside 1 to 12",
        CronField::DayOfWeek => "lies outside 0 to 7",
    }
}

const fn unknown(field: CronField) -> &'static str {
    match field {
        CronField::Second | CronField::Minute | CronField::Hour => "is no number, range, step or `*`",
        CronField::DayOfMonth => "is no day, range, step, `*`, `L`, `L-3`, `LW` or `15W`",
        CronField::Month => "is no month from 1 to 12 or JAN to DEC, range, step or `*`",
        CronField::DayOfWeek => "is no day from 0 to 7 or SUN to SAT, range, step, `*`, `5#2` or `5L`",
    }
}
