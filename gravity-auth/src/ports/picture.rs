//! [`Picture`]: bytes that were looked at, and are a picture.

use std::fmt;

use bytes::Bytes;

/// A picture, whose content was looked at: PNG, JPEG, WebP or GIF, whatever whoever sent it has called it, and not
/// so large that showing it takes more memory than a picture should.
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
    /// It has too many pixels.
    #[error("must have at most {} pixels", Picture::MAX_PIXELS)]
    TooManyPixels,
    /// It does not begin as a PNG, JPEG, WebP or GIF does.
    #[error("must be a PNG, JPEG, WebP or GIF picture")]
    NoPicture,
}

impl PictureError {
    /// The code of this error: it never changes.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::TooManyPixels => "too_many_pixels",
            Self::NoPicture => "no_picture",
        }
    }
}

impl Picture {
    /// The most bytes a picture has.
    pub const MAX_BYTES: usize = 2 * 1024 * 1024;
    /// The most pixels a picture has: few bytes may unfold to very many.
    pub const MAX_PIXELS: u64 = 25_000_000;

    /// The picture that these bytes are, by what they begin with.
    pub fn of(bytes: Bytes) -> Result<Self, PictureError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(PictureError::TooLarge);
        }
        let (media, size) = match &*bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', rest @ ..] => ("image/png", png(rest)),
            [0xff, 0xd8, rest @ ..] => ("image/jpeg", jpeg(rest)),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', rest @ ..] => {
                ("image/webp", webp(rest))
            }
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', rest @ ..] => ("image/gif", gif(rest)),
            _ => return Err(PictureError::NoPicture),
        };
        let (width, height) = size.ok_or(PictureError::NoPicture)?;
        match u64::from(width) * u64::from(height) {
            0 => Err(PictureError::NoPicture),
            pixels if pixels > Self::MAX_PIXELS => Err(PictureError::TooManyPixels),
            _ => Ok(Self { media, bytes }),
        }
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

/// Width and height, of what stands behind the mark of each form.
type Size = Option<(u32, u32)>;

fn png(rest: &[u8]) -> Size {
    let rest = rest.strip_prefix(b"\0\0\0\x0dIHDR")?;
    let (width, rest) = rest.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*rest.first_chunk()?)))
}

fn gif(rest: &[u8]) -> Size {
    let [w, x, h, i] = *rest.first_chunk::<4>()?;
    Some((u16::from_le_bytes([w, x]).into(), u16::from_le_bytes([h, i]).into()))
}

fn webp(rest: &[u8]) -> Size {
    let (kind, rest) = rest.split_first_chunk::<4>()?;
    let (_length, rest) = rest.split_first_chunk::<4>()?;
    match kind {
        b"VP8 " => {
            let [_, _, _, 0x9d, 0x01, 0x2a, w, x, h, i] = *rest.first_chunk::<10>()? else { return None };
            let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
            Some((side(w, x), side(h, i)))
        }
        b"VP8L" => {
            let [0x2f, a, b, c, d] = *rest.first_chunk::<5>()? else { return None };
            let sides = u32::from_le_bytes([a, b, c, d]);
            Some(((sides & 0x3fff) + 1, ((sides >> 14) & 0x3fff) + 1))
        }
        b"VP8X" => {
            let head: &[u8; 10] = rest.first_chunk()?;
            let side = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], 0]) + 1;
            Some((side(4), side(7)))
        }
        _ => None,
    }
}

/// Goes from part to part until the one that says how large it is.
fn jpeg(mut rest: &[u8]) -> Size {
    loop {
        let [0xff, kind, after @ ..] = rest else { return None };
        match kind {
            // One that is filled up in front.
            0xff => rest = &rest[1..],
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let [_, _, _, h, i, w, x] = *after.first_chunk::<7>()?;
                return Some((u16::from_be_bytes([w, x]).into(), u16::from_be_bytes([h, i]).into()));
            }
            // Those that have no content, and the picture itself, before which its size must stand.
            0x00 | 0x01 | 0xd0..=0xda => return None,
            _ => rest = after.get(u16::from_be_bytes(*after.first_chunk::<2>()?).max(2).into()..)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x02\0\0\0\x01\0\x08\x06\0\0\0";
    const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xdb\0\x02\xff\xc2\0\x11\x08\x01\0\x02\0\x03";
    const GIF: &[u8] = b"GIF89a\0\x02\0\x01\0\0\0";
    const VP8: &[u8] = b"RIFF\x24\0\0\0WEBPVP8 \x18\0\0\0\x30\x01\0\x9d\x01\x2a\0\x02\0\x01";
    const VP8L: &[u8] = b"RIFF\x24\0\0\0WEBPVP8L\x18\0\0\0\x2f\xff\xc1\x3f\0";
    const VP8X: &[u8] = b"RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\x01\0\xff\0\0";

    fn media(bytes: &[u8]) -> Result<&'static str, PictureError> {
        Picture::of(Bytes::copy_from_slice(bytes)).map(|picture| picture.media())
    }

    #[test]
    fn content_says_what_a_picture_is() {
        for (bytes, is) in [
            (PNG, "image/png"),
            (JPEG, "image/jpeg"),
            (GIF, "image/gif"),
            (VP8, "image/webp"),
            (VP8L, "image/webp"),
            (VP8X, "image/webp"),
        ] {
            assert_eq!(media(bytes), Ok(is));
            assert_eq!(media(&bytes[..9]), Err(PictureError::NoPicture), "{is}, cut short");
        }
        for bytes in [
            b"".as_slice(),
            b"<svg xmlns=",
            b"<html>",
            b"GIF89",
            b"RIFF\0\0\0\0WAVEfmt ",
            b"BM123",
            b"\x89PNG\r\n\x1a\n<script>alert(1)</script>",
            b"\xff\xd8\xff\xda\0\x02\xff\xc0\0\x11\x08\0\x01\0\x01",
        ] {
            assert_eq!(media(bytes), Err(PictureError::NoPicture), "{bytes:?}");
        }
        let mut large = PNG.to_vec();
        large.resize(Picture::MAX_BYTES + 1, 0);
        assert_eq!(media(&large), Err(PictureError::TooLarge));
        large.pop();
        assert_eq!(media(&large), Ok("image/png"));
    }

    #[test]
    fn few_bytes_do_not_unfold_to_many() {
        let of = |at: usize, bytes: &[u8], size: &[u8]| {
            let mut bytes = bytes.to_vec();
            bytes[at..at + size.len()].copy_from_slice(size);
            media(&bytes)
        };
        let much = Err(PictureError::TooManyPixels);
        assert_eq!(of(16, PNG, &[0xff; 8]), much);
        assert_eq!(of(6, GIF, &[0xff; 4]), much);
        assert_eq!(of(18, JPEG, &[0xff; 4]), much);
        assert_eq!(of(26, VP8, &[0xff; 4]), much);
        assert_eq!(of(21, VP8L, &[0xff; 4]), much);
        assert_eq!(of(24, VP8X, &[0xff; 6]), much);
        assert_eq!(of(16, PNG, &[0; 4]), Err(PictureError::NoPicture), "of no width");
        assert_eq!(
            of(16, PNG, &[0, 0, 0x13, 0x88, 0, 0, 0x13, 0x88]),
            Ok("image/png"),
            "just as many as may be"
        );
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_much_for_it(bytes in prop::collection::vec(any::<u8>(), 0..64), which in 0..6_usize) {
            let head = [PNG, JPEG, GIF, VP8, VP8L, VP8X][which];
            let _ = media(&bytes);
            let _ = media(&[&head[..2], &bytes].concat());
            let _ = media(&[&head[..head.len().min(16)], &bytes].concat());
        }
    }
}
