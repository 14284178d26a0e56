//! A file on the disk as a [`Source`].

use std::io::SeekFrom;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::sync::Mutex;
use tokio_util::io::ReaderStream;

use super::source::Source;
use crate::http::body::BoxError;

/// How much of a file is in memory at a time.
const PIECE: usize = 64 * 1024;

pub(super) struct Disk {
    file: Arc<Mutex<tokio::fs::File>>,
    size: u64,
}

impl Disk {
    pub(super) fn new(file: tokio::fs::File, size: u64) -> Self {
        Self { file: Arc::new(Mutex::new(file)), size }
    }
}

impl Source for Disk {
    fn size(&self) -> u64 {
        self.size
    }

    fn read(&self, range: Range<u64>) -> BoxStream<'static, Result<Bytes, BoxError>> {
        let file = Arc::clone(&self.file);
        let open = async move {
            let mut file = file.lock_owned().await;
            file.seek(SeekFrom::Start(range.start)).await?;
            let reader = Pin::new(file).take(range.end - range.start);
            Ok::<_, std::io::Error>(ReaderStream::with_capacity(reader, PIECE))
        };
        stream::once(open).try_flatten().map_err(Into::into).boxed()
    }
}
