//! [`Source`]: where the bytes of a file come from.

use std::ops::Range;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use crate::http::body::BoxError;

/// Where the bytes of a file come from: a disk, an object store, a database.
///
/// A source is asked for one range after another, never for two at a time, and for none at all where the
/// client has the file already.
pub trait Source: Send + Sync + 'static {
    /// How many bytes there are.
    fn size(&self) -> u64;

    /// The bytes of a range that lies inside the file, piece by piece. A stream that ends before the
    /// range does is sent on as an error, so that nobody takes half a file for a whole one.
    fn read(&self, range: Range<u64>) -> BoxStream<'static, Result<Bytes, BoxError>>;
}

impl Source for Bytes {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, range: Range<u64>) -> BoxStream<'static, Result<Bytes, BoxError>> {
        // A range inside the file fits into the memory that the file lies in.
        let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        let piece = self.slice(at(range.start)..at(range.end));
        stream::once(std::future::ready(Ok(piece))).boxed()
    }
}
