//! Where in a document a type's own reading has refused something.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::validate::Faults;

/// Reads a value, and says where it is not what the type takes: a schema may not know all that the type's own
/// reading refuses, such as an address or a checksum.
pub(super) fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Faults> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| Faults::one(Faults::place(error.path()), "invalid", error.inner().to_string()))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Host {
        address: Ipv4Addr,
    }

    #[derive(Debug, Deserialize)]
    struct Network {
        #[serde(rename = "a/b")]
        hosts: Vec<Host>,
    }

    #[test]
    fn what_is_refused_is_named() {
        let faults = typed::<Host>(json!({ "address": "ada" })).unwrap_err();
        assert_eq!(faults.iter().next().unwrap().pointer, "/address");
        let hosts = json!({ "a/b": [{ "address": "127.0.0.1" }, { "address": "127.0.0" }] });
        let faults = typed::<Network>(hosts).unwrap_err();
        assert_eq!(faults.iter().next().unwrap().pointer, "/a~1b/1/address");
        let right = typed::<Network>(json!({ "a/b": [{ "address": "127.0.0.1" }] })).unwrap();
        assert_eq!(right.hosts[0].address, Ipv4Addr::LOCALHOST);
    }
}
