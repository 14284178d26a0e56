//! Values as JSON.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Error, Redis, cmd};

impl Redis {
    /// The value under a name; `None` where there is none. The prefix is put before the name.
    pub async fn get_json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        let bytes: Option<Vec<u8>> = self.query(cmd("GET").arg(self.key(name))).await?;
        bytes.map(|bytes| serde_json::from_slice(&bytes).map_err(Error::Json)).transpose()
    }

    /// Puts a value under a name, for this long or for good. A time below a millisecond is one millisecond.
    pub async fn set_json<T: Serialize + ?Sized>(
        &self,
        name: &str,
        value: &T,
        ttl: Option<Duration>,
    ) -> Result<(), Error> {
        let bytes = serde_json::to_vec(value).map_err(Error::Json)?;
        let mut set = cmd("SET");
        set.arg(self.key(name)).arg(bytes);
        if let Some(ttl) = ttl {
            set.arg("PX").arg(milliseconds(ttl));
        }
        self.query(&set).await
    }

    /// Removes what is under a name. Whether there was something.
    pub async fn delete(&self, name: &str) -> Result<bool, Error> {
        let removed: u64 = self.query(cmd("DEL").arg(self.key(name))).await?;
        Ok(removed > 0)
    }
}

/// At least one, and no more than the server can add to its time.
pub(crate) fn milliseconds(span: Duration) -> u64 {
    const CENTURY: u64 = 100 * 366 * 24 * 3600 * 1000;
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX).clamp(1, CENTURY)
}
