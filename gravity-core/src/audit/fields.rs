//! [`Fields`]: the one way to write values down before they are signed.

/// Values in a row, each of which says how long it is, so that no two rows of values read alike.
///
/// A value that is there is a byte 1, its length in 8 bytes with the highest first, and its bytes. One that is
/// not there is a byte 0.
#[derive(Default)]
pub(super) struct Fields(Vec<u8>);

impl Fields {
    pub(super) fn bytes(mut self, value: &[u8]) -> Self {
        self.0.push(1);
        self.0.extend((value.len() as u64).to_be_bytes());
        self.0.extend(value);
        self
    }

    pub(super) fn number(self, value: i64) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(super) fn text(self, value: &str) -> Self {
        self.bytes(value.as_bytes())
    }

    pub(super) fn maybe(mut self, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(value),
            None => {
                self.0.push(0);
                self
            }
        }
    }
}

impl AsRef<[u8]> for Fields {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
