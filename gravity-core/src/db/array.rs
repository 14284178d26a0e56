//! Many values in one placeholder, which PostgreSQL has and SQLite has not.

#[cfg(feature = "postgres")]
use sqlx::{Encode, Postgres, Type};

#[cfg(feature = "postgres")]
use super::args::Args;
use super::{Engine, Query};
use crate::{Entity, Id};

impl Query<'_> {
    /// Appends a condition that the column is one of these ids: as one array on PostgreSQL, which plans a long list
    /// of placeholders anew each time and takes longer for that than for finding the rows.
    pub(crate) fn push_ids<E: Entity>(self, column: &'static str, ids: &[Id<E>]) -> Self {
        match self.engine() {
            Engine::Sqlite => self.push_in(column, ids),
            #[cfg(feature = "postgres")]
            Engine::Postgres => {
                let mut query = self.push(column).push(" = ANY($");
                let ids: Vec<_> = ids.iter().map(Id::uuid).collect();
                query = query.bind_array(ids);
                let number = query.args().len();
                query.text().push_str(&number.to_string());
                query.push(")")
            }
            #[cfg(not(feature = "postgres"))]
            Engine::Postgres => self,
        }
    }

    /// Binds all of these as one array. The statement fails on SQLite.
    #[cfg(feature = "postgres")]
    pub(crate) fn bind_array<T>(mut self, values: Vec<T>) -> Self
    where
        Vec<T>: for<'q> Encode<'q, Postgres> + Type<Postgres>,
    {
        use sqlx::Arguments as _;

        let added = match self.args() {
            Args::Postgres(args) => args.add(values),
            #[cfg(feature = "sqlite")]
            Args::Sqlite(_) => Err("SQLite has no arrays".into()),
        };
        if let Err(error) = added {
            self.fail(sqlx::Error::Encode(error).into());
        }
        self
    }
}
