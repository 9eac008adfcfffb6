//! The address of whoever calls, as limits count it, where proxies stand between.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use ipnet::{IpNet, Ipv4Net};

/// Addresses of proxies: one, or a network of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

/// A text that names no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it must be addresses or networks with commas between, such as 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32"
)]
pub struct NoNetwork;

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let text = text.trim();
        let read = match text.contains('/') {
            true => text.parse().map_err(|_| NoNetwork)?,
            false => IpNet::from(text.parse::<IpAddr>().map_err(|_| NoNetwork)?),
        };
        Ok(Self(plain(read)))
    }
}

/// The proxies whose `X-Forwarded-For` counts.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    /// Those of the settings.
    pub fn new(networks: &[Network]) -> Self {
        Self(networks.to_vec())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Who calls: the other end of the connection or, if that is trusted, the last address of
    /// `X-Forwarded-For` that is not. What stands before it may be anybody's invention. What cannot be read
    /// ends the search at the last address that could.
    ///
    /// `None`: a proxy of ours that nobody has named stands between, and everybody seems to be it.
    pub fn caller(&self, peer: IpAddr, forwarded: &[&[u8]]) -> Option<Caller> {
        let mut caller = peer.to_canonical();
        if self.is_empty() && !forwarded.is_empty() && is_near(caller) {
            return None;
        }
        // Several lines are one list, in their order (RFC 9110, 5.3).
        let entries = forwarded
            .iter()
            .rev()
            .flat_map(|line| line.rsplit(|byte| *byte == b','));
        for entry in entries {
            if !self.trust(caller) {
                break;
            }
            let Some(before) = read(entry) else {
                break;
            };
            caller = before;
        }
        Some(Caller::at(caller))
    }

    /// Whether what this peer tells of whoever calls counts: it is a proxy of ours, or nobody has named any.
    pub fn may_tell(&self, peer: IpAddr) -> bool {
        self.is_empty() || self.trust(peer.to_canonical())
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.0
            .iter()
            .any(|Network(network)| network.contains(&address))
    }
}

/// Whoever calls, as they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Caller(IpAddr);

impl std::fmt::Display for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Caller {
    /// Of IPv6 the first half: a household has all of the other.
    fn at(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self(address),
            IpAddr::V6(address) => {
                let network = address.to_bits() & (u128::MAX << 64);
                Self(Ipv6Addr::from_bits(network).into())
            }
        }
    }
}

/// An IPv4 network that is written as IPv6 is the IPv4 one, as its addresses are.
fn plain(network: IpNet) -> IpNet {
    const MAPPED: u8 = 96;
    let IpNet::V6(v6) = network else {
        return network.trunc();
    };
    let v4 = v6
        .addr()
        .to_ipv4_mapped()
        .zip(v6.prefix_len().checked_sub(MAPPED));
    v4.and_then(|(address, length)| Ipv4Net::new(address, length).ok())
        .map_or(network, IpNet::V4)
        .trunc()
}

/// An address as proxies write it: with a port or without, IPv6 in brackets or without.
fn read(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry.trim_ascii()).ok()?;
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address = match bare {
        Some(bare) => bare.parse::<Ipv6Addr>().ok()?.into(),
        None => text
            .parse::<IpAddr>()
            .or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()))
            .ok()?,
    };
    Some(address.to_canonical())
}

/// Whether an address is of this machine or of a network around it.
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            // 100.64.0.0/10: between a provider and its customers, and inside of clusters (RFC 6598).
            let is_shared = first == 100 && second & 0b1100_0000 == 64;
            v4.is_loopback() || v4.is_private() || v4.is_link_local() || is_shared
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(networks: &str) -> TrustedProxies {
        let read = |network: &str| network.parse().expect(network);
        let networks = networks.split(',').filter(|network| !network.is_empty());
        TrustedProxies(networks.map(read).collect())
    }

    fn caller(trusted: &str, peer: &str, forwarded: &[&str]) -> Option<String> {
        let forwarded: Vec<&[u8]> = forwarded.iter().map(|line| line.as_bytes()).collect();
        let caller = proxies(trusted).caller(peer.parse().expect(peer), &forwarded);
        caller.map(|Caller(address)| address.to_string())
    }

    #[test]
    fn a_caller_is_the_peer_or_the_last_address_before_trusted_proxies() {
        const NEAR: &str = "10.0.0.0/8, ::1,2001:db8:f::/48";
        let table: &[(&str, &str, &[&str], &str)] = &[
            ("", "203.0.113.7", &[], "203.0.113.7"),
            ("", "10.0.0.1", &[], "10.0.0.1"),
            // Whoever is not trusted says what they like.
            ("", "203.0.113.7", &["198.51.100.1"], "203.0.113.7"),
            (NEAR, "203.0.113.7", &["198.51.100.1"], "203.0.113.7"),
            (NEAR, "10.0.0.1", &[], "10.0.0.1"),
            (NEAR, "10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            (NEAR, "10.0.0.1", &["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            (
                NEAR,
                "10.0.0.1",
                &["1.1.1.1,198.51.100.1 , 10.9.9.9"],
                "198.51.100.1",
            ),
            (
                NEAR,
                "10.0.0.1",
                &["1.1.1.1", "198.51.100.1,10.1.1.1", "10.2.2.2"],
                "198.51.100.1",
            ),
            (NEAR, "10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            // Ports, brackets, addresses of IPv4 that are written as IPv6.
            (NEAR, "10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            (NEAR, "10.0.0.1", &["[2001:db8::1]:4711"], "2001:db8::"),
            (NEAR, "10.0.0.1", &["[2001:db8::1]"], "2001:db8::"),
            (
                NEAR,
                "::ffff:10.0.0.1",
                &["::ffff:198.51.100.1"],
                "198.51.100.1",
            ),
            (
                NEAR,
                "::1",
                &["[::ffff:10.0.0.9]:1, 2001:DB8:F::2"],
                "10.0.0.9",
            ),
            (
                "::ffff:10.0.0.0/104",
                "10.0.0.1",
                &["198.51.100.1"],
                "198.51.100.1",
            ),
            // An address within a network stands for the network.
            ("10.1.2.3/8", "10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            // What cannot be read ends the search.
            (NEAR, "10.0.0.1", &["198.51.100.1, unknown"], "10.0.0.1"),
            (
                NEAR,
                "10.0.0.1",
                &["198.51.100.1, _x, 10.0.0.2"],
                "10.0.0.2",
            ),
            (NEAR, "10.0.0.1", &[""], "10.0.0.1"),
            (NEAR, "10.0.0.1", &["198.51.100.1,"], "10.0.0.1"),
            (NEAR, "10.0.0.1", &["[198.51.100.1]"], "10.0.0.1"),
            (NEAR, "10.0.0.1", &["198.51.100.1:99999"], "10.0.0.1"),
            (NEAR, "10.0.0.1", &["999.1.1.1"], "10.0.0.1"),
        ];
        for (trusted, peer, forwarded, expected) in table {
            let found = caller(trusted, peer, forwarded);
            assert_eq!(found.as_deref(), Some(*expected), "{peer} {forwarded:?}");
        }
        let broken: &[&[u8]] = &[b"198.51.100.1, \xff"];
        let found = proxies(NEAR).caller("10.0.0.1".parse().unwrap(), broken);
        assert_eq!(found, Some(Caller("10.0.0.1".parse().unwrap())));
    }

    #[test]
    fn behind_a_proxy_that_nobody_has_named_nobody_is_told_apart() {
        for near in [
            "127.0.0.1",
            "10.2.3.4",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "::1",
            "fd00::1",
            "::ffff:10.0.0.1",
        ] {
            assert_eq!(caller("", near, &["198.51.100.1"]), None, "{near}");
            assert!(caller("", near, &[]).is_some(), "{near}");
            assert!(
                caller("203.0.113.1", near, &["198.51.100.1"]).is_some(),
                "{near}"
            );
        }
        for far in ["203.0.113.7", "2001:db8::1", "100.128.0.1", "172.32.0.1"] {
            assert!(caller("", far, &["198.51.100.1"]).is_some(), "{far}");
        }
    }

    #[test]
    fn a_household_of_ipv6_is_one_caller_and_its_neighbour_another() {
        let one = caller("", "2001:db8:1:2:3:4:5:6", &[]);
        assert_eq!(one, caller("", "2001:db8:1:2::1", &[]));
        assert_ne!(one, caller("", "2001:db8:1:3::1", &[]));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for wrong in [
            "",
            "10.0.0.0/33",
            "10.0.0",
            "proxy.example",
            "::/129",
            "10.0.0.1:80",
            "[::1]",
            "*",
        ] {
            assert_eq!(wrong.parse::<Network>(), Err(NoNetwork), "{wrong}");
        }
        for right in [" 10.0.0.1 ", "::1/128", "0.0.0.0/0"] {
            assert!(right.parse::<Network>().is_ok(), "{right}");
        }
    }
}
