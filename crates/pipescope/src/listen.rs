//! Addresses to listen on, as URLs.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::str::FromStr;

/// An address to listen on, such as `http://127.0.0.1:52323`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    host: Host,
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    Ip(IpAddr),
    /// Both families' loopback.
    Localhost,
    /// Every address of this machine: `*` or `+`, as ASP.NET Core writes it.
    Every,
    Name(String),
}

/// Why a URL is no address to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddressError {
    url: String,
    reason: &'static str,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is no address to listen on: {}", self.url, self.reason)
    }
}

impl std::error::Error for AddressError {}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let fail = |reason| AddressError { url: url.to_owned(), reason };
        let rest = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => {
                return Err(fail("TLS is left to a proxy, use http"));
            }
            _ => return Err(fail("expected http://HOST:PORT")),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#', '@']) {
            return Err(fail("expected http://HOST:PORT and nothing behind it"));
        }
        let (host, port) = match authority.rsplit_once(':') {
            // The last colon of a bare IPv6 address in brackets is not a port's.
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| fail("the port is a number from 0 to 65535"))?)
            }
            _ => (authority, 80),
        };
        let host = match host {
            "" => return Err(fail("the host is missing")),
            "*" | "+" => Host::Every,
            host if host.eq_ignore_ascii_case("localhost") => Host::Localhost,
            host => match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
                Some(v6) => {
                    Host::Ip(IpAddr::V6(v6.parse().map_err(|_| fail("no IPv6 address in the brackets"))?))
                }
                None if host.contains(['[', ']', ':']) => {
                    return Err(fail("an IPv6 address stands in brackets"));
                }
                None => {
                    host.parse().map_or_else(|_| Host::Name(host.to_owned()), |v4| Host::Ip(IpAddr::V4(v4)))
                }
            },
        };
        Ok(Self { host, port })
    }
}

impl Address {
    /// 0 for any free port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Whether only this machine can reach it. A name is not trusted to stay what it resolves to now.
    pub(crate) fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Ip(ip) => ip.is_loopback(),
            Host::Localhost => true,
            Host::Every | Host::Name(_) => false,
        }
    }

    /// The URL with the port that was given by the system.
    pub(crate) fn url(&self, port: u16) -> String {
        Self { host: self.host.clone(), port }.to_string()
    }

    /// What to bind.
    ///
    /// # Errors
    /// When a name is not known. Blocks while it is looked up.
    pub(crate) fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let on = |ip| SocketAddr::new(ip, self.port);
        Ok(match &self.host {
            Host::Ip(ip) => vec![on(*ip)],
            Host::Localhost => vec![on(Ipv4Addr::LOCALHOST.into()), on(Ipv6Addr::LOCALHOST.into())],
            Host::Every => vec![on(Ipv4Addr::UNSPECIFIED.into())],
            Host::Name(name) => (name.as_str(), self.port).to_socket_addrs()?.collect(),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.port;
        match &self.host {
            Host::Ip(IpAddr::V6(ip)) => write!(f, "http://[{ip}]:{port}"),
            Host::Ip(ip) => write!(f, "http://{ip}:{port}"),
            Host::Localhost => write!(f, "http://localhost:{port}"),
            Host::Every => write!(f, "http://0.0.0.0:{port}"),
            Host::Name(name) => write!(f, "http://{name}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_and_judged() {
        for (url, shown, is_loopback) in [
            ("http://127.0.0.1:52323", "http://127.0.0.1:52323", true),
            ("HTTP://localhost:1/", "http://localhost:1", true),
            ("http://[::1]:8080", "http://[::1]:8080", true),
            ("http://127.8.8.8:0", "http://127.8.8.8:0", true),
            ("http://*:80", "http://0.0.0.0:80", false),
            ("http://+", "http://0.0.0.0:80", false),
            ("http://[::]:8080", "http://[::]:8080", false),
            ("http://10.0.0.1:1", "http://10.0.0.1:1", false),
            ("http://localhost.example:1", "http://localhost.example:1", false),
        ] {
            let address: Address = url.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((address.to_string().as_str(), address.is_loopback()), (shown, is_loopback), "{url}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in [
            "",
            "127.0.0.1:80",
            "https://127.0.0.1:80",
            "http://",
            "http://:80",
            "http://127.0.0.1:99999",
            "http://127.0.0.1:80/path",
            "http://user@127.0.0.1:80",
            "http://[::1",
            "unix:/x",
        ] {
            assert!(url.parse::<Address>().is_err(), "{url}");
        }
    }
}
