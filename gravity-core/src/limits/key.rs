//! Keys: whose requests are counted together.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Principal;
use crate::http::ClientAddr;

/// Which addresses count as one: those that share so many of their first bits.
///
/// By default each IPv4 address stands for itself, and an IPv6 network of 64 bits, which is the least that one
/// customer has, for one client: whoever was counted by single IPv6 addresses could change his own at every
/// request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressGroup {
    v4: u8,
    v6: u8,
}

impl Default for AddressGroup {
    fn default() -> Self {
        Self { v4: 32, v6: 64 }
    }
}

impl AddressGroup {
    /// Groups by so many bits.
    ///
    /// # Panics
    /// When they are more than 32 for IPv4 or 128 for IPv6.
    pub const fn new(v4: u8, v6: u8) -> Self {
        assert!(v4 <= 32 && v6 <= 128, "an IPv4 address has 32 bits, an IPv6 address 128");
        Self { v4, v6 }
    }

    /// The address that stands for the group of this one. A mapped IPv4 address counts as IPv4.
    pub fn of(self, address: IpAddr) -> IpAddr {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.v4)).unwrap_or(0);
                Ipv4Addr::from_bits(address.to_bits() & mask).into()
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.v6)).unwrap_or(0);
                Ipv6Addr::from_bits(address.to_bits() & mask).into()
            }
        }
    }
}

/// The key of the client's address. What came over no connection is one client.
pub(super) fn of_address(head: &http::request::Parts, group: AddressGroup) -> String {
    match ClientAddr::of(head) {
        Some(ClientAddr(address)) => format!("address:{}", group.of(address)),
        None => "address:none".to_owned(),
    }
}

/// The key of the caller. The word in front keeps it apart from that of an address.
pub(super) fn of_principal(principal: &Principal) -> String {
    format!("subject:{}", principal.subject().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(address: &str) -> String {
        AddressGroup::default().of(address.parse().unwrap()).to_string()
    }

    #[test]
    fn a_customer_is_one_client() {
        assert_eq!(group("192.0.2.7"), "192.0.2.7");
        assert_eq!(group("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(group("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(AddressGroup::new(0, 0).of("192.0.2.7".parse().unwrap()).to_string(), "0.0.0.0");
        assert_eq!(AddressGroup::new(24, 48).of("192.0.2.7".parse().unwrap()).to_string(), "192.0.2.0");
        assert_eq!(AddressGroup::new(32, 128).of("2001:db8::1".parse().unwrap()).to_string(), "2001:db8::1");
    }
}
