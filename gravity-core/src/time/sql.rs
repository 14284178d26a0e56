//! [`Timestamp`] as a column: `INTEGER` microseconds on SQLite, `timestamptz` on PostgreSQL.

use super::Timestamp;

#[cfg(feature = "sqlite")]
crate::sql_value::sql_value_on!(
    [] sqlx::Sqlite,
    Timestamp as i64,
    |time| time.as_micros(),
    |micros| Ok(Timestamp::from_micros(micros)?)
);

#[cfg(feature = "postgres")]
mod postgres {
    use sqlx::encode::IsNull;
    use sqlx::error::BoxDynError;
    use sqlx::postgres::types::Oid;
    use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef};
    use sqlx::{Decode, Encode, Postgres, Type};

    use super::Timestamp;

    /// Where PostgreSQL counts from: the start of 2000.
    const EPOCH_MICROS: i64 = 946_684_800_000_000;

    // The numbers of built-in types never change; by number, the driver need not look them up.
    const TIMESTAMPTZ: PgTypeInfo = PgTypeInfo::with_oid(Oid(1184));
    const TIMESTAMPTZ_ARRAY: PgTypeInfo = PgTypeInfo::with_oid(Oid(1185));

    impl Type<Postgres> for Timestamp {
        fn type_info() -> PgTypeInfo {
            TIMESTAMPTZ
        }
    }

    impl PgHasArrayType for Timestamp {
        fn array_type_info() -> PgTypeInfo {
            TIMESTAMPTZ_ARRAY
        }
    }

    impl Encode<'_, Postgres> for Timestamp {
        fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
            <i64 as Encode<'_, Postgres>>::encode(self.as_micros() - EPOCH_MICROS, buffer)
        }
    }

    impl Decode<'_, Postgres> for Timestamp {
        fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
            match value.format() {
                PgValueFormat::Binary => {
                    // `infinity` and `-infinity` are the ends of `i64`, outside our range.
                    let micros = <i64 as Decode<'_, Postgres>>::decode(value)?;
                    Ok(Self::from_micros(micros.saturating_add(EPOCH_MICROS))?)
                }
                PgValueFormat::Text => {
                    let time: jiff::Timestamp = value.as_str()?.parse()?;
                    Ok(Self::try_from(time)?)
                }
            }
        }
    }
}
