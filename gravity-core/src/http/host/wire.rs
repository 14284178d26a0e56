//! [`Wire`]: the last bytes that came over a connection, as they came.
//!
//! A request with both `Content-Length` and `Transfer-Encoding` is how one request is smuggled
//! inside another through a proxy that reads the other of the two. hyper reads the second and drops
//! the first, so that nothing in the request tells. The server therefore keeps what it last read,
//! which costs a copy of each head, and looks at it where a request has a `Transfer-Encoding`, which
//! few have.

use std::str;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use http::{Request, Uri};

/// The longest head of a request, and how much is read ahead of it, in bytes.
pub(crate) const MAX_HEAD: usize = 64 * 1024;

/// How much is kept at least: a head, and what could have been read ahead of it.
const KEPT: usize = 2 * MAX_HEAD;

/// The last bytes of one HTTP/1 connection. One task reads and serves it, so that the lock is free.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    record: Mutex<Record>,
    head_was_read: AtomicBool,
    reads: AtomicU64,
}

#[derive(Debug, Default)]
struct Record {
    bytes: Vec<u8>,
    /// Where the last read begins.
    last: usize,
    stopped: bool,
}

impl Wire {
    /// Notes what was read.
    pub(crate) fn read(&self, bytes: &[u8]) {
        self.reads.fetch_add(1, Ordering::Relaxed);
        // What was read before the read that a head ended in belongs to that head or to earlier ones.
        let settled = self.head_was_read.swap(false, Ordering::Relaxed);
        self.record.lock().unwrap_or_else(PoisonError::into_inner).push(bytes, settled);
    }

    /// How often something was read.
    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// A head is complete, and its last byte is in what was read last.
    pub(crate) fn head_was_read(&self) {
        self.head_was_read.store(true, Ordering::Relaxed);
    }

    /// The connection speaks another protocol from here on.
    pub(crate) fn stop(&self) {
        *self.record.lock().unwrap_or_else(PoisonError::into_inner) =
            Record { stopped: true, ..Record::default() };
    }

    /// Whether the head of this request, the last that is complete, has both a `Content-Length` and a
    /// `Transfer-Encoding`.
    pub(crate) fn states_two_lengths<B>(&self, request: &Request<B>) -> bool {
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        two_lengths(&record.bytes, request)
    }
}

impl Record {
    fn push(&mut self, bytes: &[u8], settled: bool) {
        if self.stopped {
            return;
        }
        if settled {
            self.bytes.drain(..self.last);
        } else if self.bytes.len() + bytes.len() > 2 * KEPT {
            // A long body. The next head lies at its end.
            self.bytes.drain(..self.bytes.len().saturating_sub(KEPT));
        }
        if self.bytes.capacity() > MAX_HEAD && self.bytes.len() < MAX_HEAD / 8 {
            self.bytes.shrink_to(MAX_HEAD / 8);
        }
        self.last = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
    }
}

/// Looks for the head by its request line. Bodies lie around it, and one of them could hold the same
/// line: then its head counts as well, so that it can hide nothing.
fn two_lengths<B>(record: &[u8], request: &Request<B>) -> bool {
    let (mut in_head, mut length, mut encoding) = (false, false, false);
    for line in record.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if is_request_line(line, request) {
            (in_head, length, encoding) = (true, false, false);
        } else if line.is_empty() {
            in_head = false;
        } else if in_head {
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            length |= name.eq_ignore_ascii_case(b"content-length");
            encoding |= name.eq_ignore_ascii_case(b"transfer-encoding");
            if length && encoding {
                return true;
            }
        }
    }
    false
}

/// The body before it need not end with a new line, so that a line may end with a request line.
fn is_request_line<B>(line: &[u8], request: &Request<B>) -> bool {
    let Some(line) = line.strip_suffix(b" HTTP/1.1") else { return false };
    let Some(space) = line.iter().rposition(|byte| *byte == b' ') else { return false };
    let (method, target) = line.split_at(space);
    method.ends_with(request.method().as_str().as_bytes())
        && str::from_utf8(&target[1..])
            .is_ok_and(|target| target.parse::<Uri>().is_ok_and(|uri| uri == *request.uri()))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::{KEPT, Wire};

    fn post() -> Request<()> {
        Request::post("/a?b").body(()).unwrap()
    }

    const BAD: &[u8] =
        b"POST /a?b HTTP/1.1\r\nhost: x\r\nContent-LENGTH: 4\r\nTransfer-Encoding: chunked\r\n\r\n";
    const GOOD: &[u8] = b"POST /a?b HTTP/1.1\r\nhost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

    #[test]
    fn a_head_in_many_pieces_is_one_head() {
        for size in 1..BAD.len() {
            let wire = Wire::default();
            for piece in BAD.chunks(size) {
                wire.read(piece);
            }
            assert!(wire.states_two_lengths(&post()), "{size}");
        }
    }

    #[test]
    fn a_head_that_begins_in_the_read_of_another_is_seen_whole() {
        let (first, rest) = BAD.split_at(BAD.len() - 40);
        let wire = Wire::default();
        wire.read(&[b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", first].concat());
        wire.head_was_read();
        wire.read(&rest[..5]);
        wire.read(&rest[5..]);
        assert!(wire.states_two_lengths(&post()));
    }

    #[test]
    fn a_body_before_and_after_hides_nothing() {
        let wire = Wire::default();
        wire.read(&[b"end of a body".as_slice(), BAD, b"5\r\n", GOOD].concat());
        assert!(wire.states_two_lengths(&post()));
    }

    #[test]
    fn lengths_of_other_requests_do_not_count() {
        let wire = Wire::default();
        wire.read(b"POST /c HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n1");
        wire.head_was_read();
        wire.read(GOOD);
        wire.read(b"5\r\ncontent-length: 4\r\n\r\n0\r\n\r\n");
        assert!(!wire.states_two_lengths(&post()));
    }

    #[test]
    fn a_long_body_is_not_kept() {
        let wire = Wire::default();
        for _ in 0..100 {
            wire.read(&[b'x'; 16 * 1024]);
        }
        wire.read(BAD);
        assert!(wire.record.lock().unwrap().bytes.len() <= 2 * KEPT);
        assert!(wire.states_two_lengths(&post()));
    }
}
