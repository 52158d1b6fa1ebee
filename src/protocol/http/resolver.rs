//! Names to addresses: the system's, but for those of this machine.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Resolves names for reqwest.
pub(super) struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses: Addrs = Box::new(addresses(name.as_str()).await?.into_iter());
            Ok(addresses)
        })
    }
}

/// The addresses of a name, each with port 0.
///
/// What is called `localhost`, or is under it, may be sent a secret in clear: it is this machine, whatever a resolver says
/// (RFC 6761, 6.3).
pub(crate) async fn addresses(name: &str) -> io::Result<Vec<SocketAddr>> {
    if is_localhost(name) {
        // A server may listen on one of them alone.
        return Ok(vec![(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()]);
    }
    Ok(tokio::net::lookup_host((name, 0)).await?.collect())
}

fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_called_localhost_is_this_machine() {
        for name in ["localhost", "evil.localhost", "LocalHost.", "a.b.LOCALHOST"] {
            let found = addresses(name).await.unwrap();
            assert_eq!(found, ["127.0.0.1:0".parse().unwrap(), "[::1]:0".parse().unwrap()], "{name}");
        }
        for name in ["localhost.evil.com", "notlocalhost", ""] {
            assert!(!is_localhost(name), "{name}");
        }
    }
}
