//! Several ranges of a file in one body, `multipart/byteranges` (RFC 9110, section 14.6).

use std::ops::Range;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use uuid::Uuid;

use super::exact::Exact;
use super::source::Source;

/// A body of several ranges, and its media type.
pub(super) fn byteranges(source: Box<dyn Source>, ranges: Vec<Range<u64>>, media: &str) -> (Exact, String) {
    // Nobody can put into a file today a boundary that is made up when it is sent.
    let boundary = Uuid::now_v7().simple().to_string();
    let size = source.size();
    let head = |range: &Range<u64>| {
        let last = range.end - 1;
        Bytes::from(format!(
            "\r\n--{boundary}\r\ncontent-type: {media}\r\ncontent-range: bytes {}-{last}/{size}\r\n\r\n",
            range.start,
        ))
    };
    let end = Bytes::from(format!("\r\n--{boundary}--\r\n"));
    let pieces: Vec<(Bytes, Range<u64>)> = ranges.into_iter().map(|range| (head(&range), range)).collect();
    let len = pieces.iter().map(|(head, range)| head.len() as u64 + (range.end - range.start)).sum::<u64>()
        + end.len() as u64;
    let all = stream::iter(pieces)
        .flat_map(move |(head, range)| {
            // Each range is held to its length: one that fell short would shift all that follows it.
            let len = range.end - range.start;
            stream::once(std::future::ready(Ok(head))).chain(Exact::new(source.read(range), len))
        })
        .chain(stream::once(std::future::ready(Ok(end))));
    (Exact::new(all.boxed(), len), format!("multipart/byteranges; boundary={boundary}"))
}
