//! [`is_public`]: which addresses belong to the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 for special purposes (IANA's registry), the first address and how many bits count.
const SPECIAL_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::UNSPECIFIED, 8),            // this network
    (Ipv4Addr::new(10, 0, 0, 0), 8),       // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),    // carriers' address translation
    (Ipv4Addr::new(127, 0, 0, 0), 8),      // loopback
    (Ipv4Addr::new(168, 63, 129, 16), 32), // the host of machines at Azure
    (Ipv4Addr::new(169, 254, 0, 0), 16),   // link-local, and the metadata of clouds
    (Ipv4Addr::new(172, 16, 0, 0), 12),    // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),     // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24),     // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),   // relays of 6to4, no longer in use
    (Ipv4Addr::new(192, 168, 0, 0), 16),   // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),    // benchmarking
    (Ipv4Addr::new(198, 51, 100, 0), 24),  // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),   // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),      // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),      // reserved, and broadcast
];

/// All of IPv6 that is given out. What lies outside is loopback, local, multicast, or not in use.
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// What of it is for special purposes.
const SPECIAL_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments: Teredo, benchmarking, ORCHID
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

/// 6to4: the IPv4 address follows.
const SIX_TO_FOUR: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16);
/// NAT64: the IPv4 address is at the end. Networks without IPv4 reach it by these.
const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Whether an address belongs to the public internet: neither private, local, shared, reserved, multicast nor for
/// documentation, and without such an IPv4 address inside.
///
/// ```
/// use gravity_core::resilience::outgoing::is_public;
///
/// assert!(is_public("1.1.1.1".parse().unwrap()));
/// assert!(!is_public("169.254.169.254".parse().unwrap()));
/// assert!(!is_public("::ffff:10.0.0.1".parse().unwrap()));
/// assert!(!is_public("64:ff9b::7f00:1".parse().unwrap()));
/// ```
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_in = |(network, bits): &(Ipv4Addr, u32)| {
        (network.to_bits() ^ address.to_bits()).checked_shr(32 - bits).unwrap_or(0) == 0
    };
    !SPECIAL_V4.iter().any(is_in)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let is_in = |(network, bits): &(Ipv6Addr, u32)| {
        (network.to_bits() ^ address.to_bits()).checked_shr(128 - bits).unwrap_or(0) == 0
    };
    let [_, first, second, _, scope, isatap, before, last] = address.segments();
    let v4 = |high, low| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    // ISATAP: in any network, behind `5efe`, is the address that a router unpacks.
    if scope & !0x200 == 0 && isatap == 0x5efe && !is_public_v4(v4(before, last)) {
        return false;
    }
    if is_in(&SIX_TO_FOUR) {
        is_public_v4(v4(first, second))
    } else if is_in(&NAT64) {
        is_public_v4(v4(before, last))
    } else {
        is_in(&GLOBAL_V6) && !SPECIAL_V6.iter().any(is_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().unwrap())
    }

    #[test]
    fn the_edges_of_every_range() {
        // The first and the last of each, and the neighbours where they are public.
        for (inside, outside) in [
            ("0.0.0.0 0.255.255.255", "1.0.0.0"),
            ("10.0.0.0 10.255.255.255", "9.255.255.255 11.0.0.0"),
            ("100.64.0.0 100.127.255.255", "100.63.255.255 100.128.0.0"),
            ("127.0.0.0 127.0.0.1 127.255.255.255", "126.255.255.255 128.0.0.0"),
            ("168.63.129.16", "168.63.129.15 168.63.129.17"),
            ("169.254.0.0 169.254.169.254 169.254.255.255", "169.253.255.255 169.255.0.0"),
            ("172.16.0.0 172.31.255.255", "172.15.255.255 172.32.0.0"),
            (
                "192.0.0.0 192.0.0.192 192.0.0.255 192.0.2.0 192.0.2.255",
                "191.255.255.255 192.0.1.0 192.0.3.0",
            ),
            ("192.88.99.0 192.88.99.255", "192.88.98.255 192.88.100.0"),
            ("192.168.0.0 192.168.255.255", "192.167.255.255 192.169.0.0"),
            ("198.18.0.0 198.19.255.255", "198.17.255.255 198.20.0.0"),
            ("198.51.100.0 198.51.100.255", "198.51.99.255 198.51.101.0"),
            ("203.0.113.0 203.0.113.255", "203.0.112.255 203.0.114.0"),
            ("224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.255", "223.255.255.255"),
            (":: ::1 ::2 ::7f00:1 ::ffff:0:7f00:1", "2000::"),
            ("100:: 100::1 1fff:ffff::", "2000::1"),
            ("2001:: 2001::1 2001:1ff:ffff::", "2001:200::"),
            ("2001:db8:: 2001:db8:ffff::", "2001:db7:ffff:: 2001:db9::"),
            ("3fff:: 3fff:fff::", "3ffe::1 3fff:1000::"),
            ("4000:: 5f00::1 fc00:: fd00:ec2::254 fdff::1", "3fff:ffff::"),
            ("fe80:: fe80::1 febf:: fec0::1 ff00:: ff02::1 ffff::", "2606:4700:4700::1111"),
        ] {
            for address in inside.split(' ') {
                assert!(!public(address), "{address} is for a special purpose");
            }
            for address in outside.split(' ') {
                assert!(public(address), "{address} is public");
            }
        }
    }

    #[test]
    fn no_address_hides_in_another() {
        for private in ["127.0.0.1", "10.1.2.3", "169.254.169.254", "0.0.0.0", "224.0.0.1"] {
            let bits = private.parse::<Ipv4Addr>().unwrap().to_bits();
            let (high, low) = (bits >> 16, bits & 0xffff);
            for hidden in [
                format!("::ffff:{high:x}:{low:x}"),
                format!("::{high:x}:{low:x}"),
                format!("::ffff:0:{high:x}:{low:x}"),
                format!("64:ff9b::{high:x}:{low:x}"),
                format!("64:ff9b:1::{high:x}:{low:x}"),
                format!("2002:{high:x}:{low:x}::1"),
                format!("2001:0:1:1::{high:x}:{low:x}"),
                format!("2606:4700::5efe:{high:x}:{low:x}"),
                format!("2606:4700::200:5efe:{high:x}:{low:x}"),
                format!("2002:101:101:1:0:5efe:{high:x}:{low:x}"),
            ] {
                assert!(!public(&hidden), "{hidden} is {private}");
            }
        }
        for open in ["::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1", "2606:4700::5efe:101:101"] {
            assert!(public(open), "{open}");
        }
        assert!(!public("64:ff9b:1::101:101"), "a prefix for local use");
    }
}
