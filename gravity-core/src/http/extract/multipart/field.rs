//! [`Field`]: one part of a form.

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, TryStreamExt};
use http::header::CONTENT_TYPE;

use super::disposition::Disposition;
use super::gate::{HeadTooLarge, Keeper};
use crate::http::body::{BoxError, CollectError};
use crate::http::extract::unread;
use crate::http::file_name::safe_file_name;
use crate::http::problem::Problem;
use crate::http::problems;
use crate::validate::{Faults, nul_at};

/// One part of a form. What of it is not read is passed over when the next field is asked for.
pub struct Field<'f> {
    pub(super) inner: &'f mut multer::Field<'static>,
    pub(super) disposition: &'f Disposition,
    pub(super) keeper: &'f Keeper,
    /// How many bytes it may still hold.
    pub(super) left: &'f mut u64,
}

impl Field<'_> {
    /// The name of the field.
    pub fn name(&self) -> &str {
        &self.disposition.name
    }

    /// The name that the client gave its file, made [safe](safe_file_name). `None` where the field is no
    /// file.
    pub fn file_name(&self) -> Option<String> {
        self.disposition.file_name.as_deref().map(safe_file_name)
    }

    /// The name that the client gave its file, to be shown and never to be used as a path.
    pub fn given_file_name(&self) -> Option<&str> {
        self.disposition.file_name.as_deref()
    }

    /// The media type that the client claims.
    pub fn content_type(&self) -> Option<&str> {
        self.inner.headers().get(CONTENT_TYPE)?.to_str().ok()
    }

    /// The next piece; `None` at the end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Problem> {
        self.keeper.ask(u64::MAX);
        let Some(chunk) = self.inner.chunk().await.map_err(broken)? else { return Ok(None) };
        match self.left.checked_sub(chunk.len() as u64) {
            Some(left) => *self.left = left,
            None => return Err(self.too_large()),
        }
        Ok(Some(chunk))
    }

    /// The pieces as a stream, to be written elsewhere as they come.
    pub fn stream(&mut self) -> impl Stream<Item = Result<Bytes, BoxError>> + Send {
        futures_util::stream::try_unfold(self, async |field| {
            field.chunk().await.map(|chunk| chunk.map(|chunk| (chunk, field)))
        })
        .map_err(Into::into)
    }

    /// The whole field, of at most `limit` bytes.
    pub async fn bytes(mut self, limit: u64) -> Result<Bytes, Problem> {
        *self.left = limit.min(*self.left);
        let mut all = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    /// The whole field as text, of at most `limit` bytes.
    pub async fn text(self, limit: u64) -> Result<String, Problem> {
        let at = Faults::pointer("", self.name());
        let invalid = |fault| Problem::new(problems::INVALID).faults([fault]);
        match String::from_utf8(self.bytes(limit).await?.into()) {
            Ok(text) if text.contains('\0') => Err(invalid(nul_at(at))),
            Ok(text) => Ok(text),
            Err(_) => Err(Problem::invalid(Faults::one(at, "utf8", "is not UTF-8"))),
        }
    }

    fn too_large(&self) -> Problem {
        let faults = Faults::one(Faults::pointer("", self.name()), "too_large", "is larger than it may be");
        Problem::new(problems::BODY_TOO_LARGE).faults(faults)
    }
}

impl std::fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Field").field("disposition", &self.disposition).finish_non_exhaustive()
    }
}

/// What a body is answered with that cannot be read on.
pub(super) fn broken(error: multer::Error) -> Problem {
    let detail = match error {
        multer::Error::StreamReadFailed(error) if !error.is::<HeadTooLarge>() => {
            return unread(CollectError::Broken(error));
        }
        multer::Error::StreamReadFailed(_) => "The head of a part is too large.",
        multer::Error::IncompleteStream
        | multer::Error::IncompleteHeaders
        | multer::Error::IncompleteFieldData { .. } => "The form breaks off before its last boundary.",
        multer::Error::ReadHeaderFailed(_)
        | multer::Error::DecodeHeaderName { .. }
        | multer::Error::DecodeHeaderValue { .. } => "The head of a part is malformed.",
        _ => "The form cannot be read.",
    };
    Problem::new(problems::BAD_BODY).detail(detail)
}
