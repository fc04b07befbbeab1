//! Addresses of sockets as .NET prints them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The address and port in a text such as `InterNetwork:16:{0,80,127,0,0,1,0,0,0,0,0,0,0,0}`: what
/// `System.Net.SocketAddress.ToString` gives, the bytes of a `sockaddr` behind its family. `None` for other families.
pub(super) fn parse(text: &str) -> Option<SocketAddr> {
    let (family, rest) = text.split_once(':')?;
    let (_, bytes) = rest.split_once(":{")?;
    let bytes: Vec<u8> =
        bytes.strip_suffix('}')?.split(',').map(|byte| byte.parse().ok()).collect::<Option<_>>()?;
    let (port, rest) = bytes.split_first_chunk::<2>()?;
    let port = u16::from_be_bytes(*port);
    let address: IpAddr = match family {
        "InterNetwork" => Ipv4Addr::from(*rest.first_chunk::<4>()?).into(),
        "InterNetworkV6" => {
            // Behind the flow information.
            let address = Ipv6Addr::from(*rest.get(4..)?.first_chunk::<16>()?);
            address.to_ipv4_mapped().map_or(address.into(), Into::into)
        }
        _ => return None,
    };
    Some(SocketAddr::new(address, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_net_prints_them() {
        for (text, expected) in [
            ("InterNetwork:16:{0,80,127,0,0,1,0,0,0,0,0,0,0,0}", Some("127.0.0.1:80")),
            (
                "InterNetworkV6:28:{177,41,0,0,0,0,0,0,0,0,0,0,0,0,0,0,255,255,127,0,0,1,0,0,0,0}",
                Some("127.0.0.1:45353"),
            ),
            ("InterNetworkV6:28:{0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,0,0,0,0}", Some("[::1]:1")),
            ("InterNetwork:16:{0,80,127}", None),
            ("InterNetwork:16:{0,80,127,0,0,256}", None),
            ("Unix:110:{47,116}", None),
            ("", None),
        ] {
            let found = parse(text).map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
