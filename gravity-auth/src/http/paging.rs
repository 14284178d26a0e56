//! [`Paging`]: a page that is asked for.

use gravity_core::Error;
use gravity_core::page::{CursorContext, CursorKeys, Page, PageLimits, PageRequest, PageRows, Position};

use crate::{Auth, AuthError};

/// A page that is asked for, of the list that the context names.
pub(super) struct Paging<'a> {
    keys: &'a CursorKeys,
    context: CursorContext,
    from: Option<Position>,
    limit: u32,
}

impl<'a> Paging<'a> {
    pub(super) fn of(
        auth: &'a Auth,
        request: &PageRequest,
        context: CursorContext,
    ) -> Result<Self, AuthError> {
        let keys = &auth.0.cursors;
        let from = request.position(keys, &context).map_err(Error::from)?;
        Ok(Self { keys, context, from, limit: request.limit(PageLimits::default()) })
    }

    pub(super) fn from(&self) -> Option<&Position> {
        self.from.as_ref()
    }

    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    pub(super) fn page<T>(&self, rows: PageRows<T>) -> Result<Page<T>, AuthError> {
        Ok(rows.seal(self.keys, &self.context).map_err(Error::from)?)
    }
}
