//! The condition for the rows after a place.

use super::super::Query;
use super::{KeyColumn, KeyValue};

/// Appends ` AND (…)`.
pub(super) fn append(columns: &[KeyColumn], values: &[KeyValue], query: &mut Query<'_>) {
    let places: Vec<Option<String>> = values.iter().map(|value| bind(value, query)).collect();
    let is_plain = columns
        .iter()
        .all(|column| !column.is_nullable && column.is_descending == columns[0].is_descending);
    let condition = if is_plain {
        row(columns, &places)
    } else {
        expanded(columns, &places)
    };
    let text = query.text();
    text.push_str(" AND ");
    text.push_str(&condition);
}

/// Binds a value once, and gives the expression that stands for it; `None` for null.
fn bind(value: &KeyValue, query: &mut Query<'_>) -> Option<String> {
    let number = match value {
        KeyValue::Null => return None,
        KeyValue::Integer(value) => query.append_value(*value),
        KeyValue::Text(value) => query.append_value(value.as_str()),
        KeyValue::Uuid(value) => query.append_value(*value),
        KeyValue::Time(value) => query.append_value(*value),
    };
    Some(format!("${number}"))
}

/// `(a, b) > ($1, $2)`, for which both engines use an index over the columns.
fn row(columns: &[KeyColumn], places: &[Option<String>]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    let places: Vec<&str> = places.iter().flatten().map(String::as_str).collect();
    let sign = sign(&columns[0]);
    format!("({}) {sign} ({})", names.join(", "), places.join(", "))
}

/// `a >= $1 AND (a > $1 OR (a = $1 AND b < $2))`, of which an index takes the first part.
fn expanded(columns: &[KeyColumn], places: &[Option<String>]) -> String {
    let mut alternatives = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        let Some(after) = after(column, places[index].as_deref()) else {
            continue;
        };
        let mut parts: Vec<String> = columns[..index]
            .iter()
            .zip(places)
            .map(|(column, place)| match place {
                Some(place) => format!("{} = {place}", column.name),
                None => format!("{} IS NULL", column.name),
            })
            .collect();
        parts.push(after);
        alternatives.push(format!("({})", parts.join(" AND ")));
    }
    // The last column is never null, so there is an alternative.
    let condition = format!("({})", alternatives.join(" OR "));
    match &places[0] {
        Some(place) if !columns[0].is_nullable => {
            format!(
                "{} {}= {place} AND {condition}",
                columns[0].name,
                sign(&columns[0])
            )
        }
        _ => condition,
    }
}

/// The condition that a row's column alone comes later; `None` when nothing does, after the nulls.
fn after(column: &KeyColumn, place: Option<&str>) -> Option<String> {
    let place = place?;
    let later = format!("{} {} {place}", column.name, sign(column));
    Some(if column.is_nullable {
        format!("({later} OR {} IS NULL)", column.name)
    } else {
        later
    })
}

fn sign(column: &KeyColumn) -> &'static str {
    if column.is_descending { "<" } else { ">" }
}
