//! The condition for the rows after a place.

use super::Query;
use crate::page::{Direction, KeyColumn, KeyValue, Position};

/// Appends ` AND (…)`: the rows that come after the place, or before it when the page goes backward.
pub(super) fn append(columns: &[KeyColumn], position: &Position, query: &mut Query<'_>) {
    let places: Vec<Option<String>> = position.values.iter().map(|value| bind(value, query)).collect();
    let way = Way { is_backward: position.direction == Direction::Backward };
    let is_plain =
        columns.iter().all(|column| !column.is_nullable && column.is_descending == columns[0].is_descending);
    let condition = if is_plain { way.row(columns, &places) } else { way.expanded(columns, &places) };
    let text = query.text();
    text.push_str(" AND ");
    text.push_str(&condition);
}

/// Binds a value once, and gives the expression that stands for it; `None` for null.
fn bind(value: &KeyValue, query: &mut Query<'_>) -> Option<String> {
    let number = match value {
        KeyValue::Null => return None,
        KeyValue::Bool(value) => query.append_value(*value),
        KeyValue::Integer(value) => query.append_value(*value),
        KeyValue::Text(value) => query.append_value(value.as_str()),
        KeyValue::Uuid(value) => query.append_value(*value),
        KeyValue::Time(value) => query.append_value(*value),
    };
    Some(format!("${number}"))
}

/// Which way the rows lie from the place.
struct Way {
    is_backward: bool,
}

impl Way {
    /// `(a, b) > ($1, $2)`, for which both engines use an index over the columns.
    fn row(&self, columns: &[KeyColumn], places: &[Option<String>]) -> String {
        let names: Vec<&str> = columns.iter().map(KeyColumn::name).collect();
        let places: Vec<&str> = places.iter().flatten().map(String::as_str).collect();
        let sign = self.sign(&columns[0]);
        format!("({}) {sign} ({})", names.join(", "), places.join(", "))
    }

    /// `a >= $1 AND (a > $1 OR (a = $1 AND b < $2))`, of which an index takes the first part.
    fn expanded(&self, columns: &[KeyColumn], places: &[Option<String>]) -> String {
        let mut alternatives = Vec::new();
        for (index, column) in columns.iter().enumerate() {
            let Some(beyond) = self.beyond(column, places[index].as_deref()) else {
                continue;
            };
            let mut parts: Vec<String> = columns[..index]
                .iter()
                .zip(places)
                .map(|(column, place)| match place {
                    Some(place) => format!("{} = {place}", column.name()),
                    None => format!("{} IS NULL", column.name()),
                })
                .collect();
            parts.push(beyond);
            alternatives.push(format!("({})", parts.join(" AND ")));
        }
        // The last column is never null, so there is an alternative.
        let condition = format!("({})", alternatives.join(" OR "));
        match &places[0] {
            Some(place) if !columns[0].is_nullable => {
                format!("{} {}= {place} AND {condition}", columns[0].name(), self.sign(&columns[0]))
            }
            _ => condition,
        }
    }

    /// The condition that a row's column alone lies beyond the place; `None` when none does. Nulls come last
    /// in the list, whichever way the page goes.
    fn beyond(&self, column: &KeyColumn, place: Option<&str>) -> Option<String> {
        let name = column.name();
        let Some(place) = place else {
            return self.is_backward.then(|| format!("{name} IS NOT NULL"));
        };
        let beyond = format!("{name} {} {place}", self.sign(column));
        let has_nulls_beyond = column.is_nullable && !self.is_backward;
        Some(if has_nulls_beyond { format!("({beyond} OR {name} IS NULL)") } else { beyond })
    }

    fn sign(&self, column: &KeyColumn) -> &'static str {
        if column.is_descending == self.is_backward { ">" } else { "<" }
    }
}
