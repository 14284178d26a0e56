//! [`AvatarFiles`]: who keeps people's pictures.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use gravity_core::Error;

/// Keeps people's pictures, by names that are never used twice. Who sees one is not its business: it is asked after
/// that was decided.
#[async_trait]
pub trait AvatarFiles: fmt::Debug + Send + Sync + 'static {
    /// Keeps a picture under a name.
    async fn put(&self, name: &str, picture: &Picture) -> Result<(), Error>;

    /// The picture of a name, if there is one.
    async fn get(&self, name: &str) -> Result<Option<Picture>, Error>;

    /// Lets a picture go. To do so twice is no fault.
    async fn remove(&self, name: &str) -> Result<(), Error>;
}

/// A picture, whose content was looked at: PNG, JPEG, WebP or GIF, whatever whoever sent it has called it.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    media: &'static str,
    bytes: Bytes,
}

/// Why bytes are no picture that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// It has too many bytes.
    #[error("must have at most {} bytes", Picture::MAX_BYTES)]
    TooLarge,
    /// It does not begin as a PNG, JPEG, WebP or GIF does.
    #[error("must be a PNG, JPEG, WebP or GIF picture")]
    NoPicture,
}

impl Picture {
    /// The most bytes a picture has.
    pub const MAX_BYTES: usize = 2 * 1024 * 1024;

    /// The picture that these bytes are, by what they begin with.
    pub fn of(bytes: Bytes) -> Result<Self, PictureError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(PictureError::TooLarge);
        }
        let media = match &*bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', _, ..] => "image/png",
            [0xff, 0xd8, 0xff, _, ..] => "image/jpeg",
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', _, ..] => "image/webp",
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', _, ..] => "image/gif",
            _ => return Err(PictureError::NoPicture),
        };
        Ok(Self { media, bytes })
    }

    /// What it is, such as `image/png`.
    pub const fn media(&self) -> &'static str {
        self.media
    }

    /// The picture.
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture").field("media", &self.media).field("length", &self.bytes.len()).finish()
    }
}

/// Keeps pictures in the memory of the process, for development and tests: they are gone when it ends, and other
/// nodes do not have them.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles(Arc<Mutex<HashMap<String, Picture>>>);

impl MemoryFiles {
    /// How many pictures there are.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[async_trait]
impl AvatarFiles for MemoryFiles {
    async fn put(&self, name: &str, picture: &Picture) -> Result<(), Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), picture.clone());
        Ok(())
    }

    async fn get(&self, name: &str) -> Result<Option<Picture>, Error> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned())
    }

    async fn remove(&self, name: &str) -> Result<(), Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_says_what_a_picture_is() {
        let media =
            |bytes: &'static [u8]| Picture::of(Bytes::from_static(bytes)).map(|picture| picture.media());
        assert_eq!(media(b"\x89PNG\r\n\x1a\n\0"), Ok("image/png"));
        assert_eq!(media(b"\xff\xd8\xff\xe0\0"), Ok("image/jpeg"));
        assert_eq!(media(b"RIFF\x24\0\0\0WEBPVP8 "), Ok("image/webp"));
        assert_eq!(media(b"GIF89a\x01"), Ok("image/gif"));
        for bytes in
            [b"".as_slice(), b"<svg xmlns=", b"<html>", b"GIF89", b"RIFF\0\0\0\0WAVE_", b"BM123", b"\x89PNG"]
        {
            assert_eq!(media(bytes), Err(PictureError::NoPicture), "{bytes:?}");
        }
        let mut large = b"\x89PNG\r\n\x1a\n".to_vec();
        large.resize(Picture::MAX_BYTES + 1, 0);
        assert_eq!(Picture::of(large.into()), Err(PictureError::TooLarge));
    }
}
