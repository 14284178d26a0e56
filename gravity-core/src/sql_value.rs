//! How a value type of this crate becomes a column: by way of a type that the drivers already know.

/// Implements sqlx's `Type`, `Encode` and `Decode` for one engine by way of another type.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
macro_rules! sql_value_on {
    ([$($bounds:tt)*] $db:ty, $ty:ty as $raw:ty, $to:expr, $from:expr) => {
        impl<$($bounds)*> ::sqlx::Type<$db> for $ty {
            fn type_info() -> <$db as ::sqlx::Database>::TypeInfo {
                <$raw as ::sqlx::Type<$db>>::type_info()
            }

            fn compatible(ty: &<$db as ::sqlx::Database>::TypeInfo) -> bool {
                <$raw as ::sqlx::Type<$db>>::compatible(ty)
            }
        }

        impl<'sql, $($bounds)*> ::sqlx::Encode<'sql, $db> for $ty {
            fn encode_by_ref(
                &self,
                buffer: &mut <$db as ::sqlx::Database>::ArgumentBuffer,
            ) -> Result<::sqlx::encode::IsNull, ::sqlx::error::BoxDynError> {
                let to: fn(&$ty) -> $raw = $to;
                <$raw as ::sqlx::Encode<'_, $db>>::encode(to(self), buffer)
            }
        }

        impl<'sql, $($bounds)*> ::sqlx::Decode<'sql, $db> for $ty {
            fn decode(
                value: <$db as ::sqlx::Database>::ValueRef<'sql>,
            ) -> Result<Self, ::sqlx::error::BoxDynError> {
                let from: fn($raw) -> Result<Self, ::sqlx::error::BoxDynError> = $from;
                from(<$raw as ::sqlx::Decode<'sql, $db>>::decode(value)?)
            }
        }
    };
}

/// [`sql_value_on`] for both engines, and for arrays on PostgreSQL.
macro_rules! sql_value {
    ([$($bounds:tt)*] $ty:ty as $raw:ty, $to:expr, $from:expr) => {
        #[cfg(feature = "sqlite")]
        $crate::sql_value::sql_value_on!([$($bounds)*] ::sqlx::Sqlite, $ty as $raw, $to, $from);

        #[cfg(feature = "postgres")]
        $crate::sql_value::sql_value_on!([$($bounds)*] ::sqlx::Postgres, $ty as $raw, $to, $from);

        #[cfg(feature = "postgres")]
        impl<$($bounds)*> ::sqlx::postgres::PgHasArrayType for $ty {
            fn array_type_info() -> ::sqlx::postgres::PgTypeInfo {
                <$raw as ::sqlx::postgres::PgHasArrayType>::array_type_info()
            }
        }
    };
}

pub(crate) use sql_value;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) use sql_value_on;
