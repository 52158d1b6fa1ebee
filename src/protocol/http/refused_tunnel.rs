//! Why a proxy opened no way to a host: the HTTP client says no more than that it did not, so the proxy is asked once more.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use super::failure::{connection_failed, proxy_refused};
use super::resolver::addresses;
use crate::protocol::proxy::Proxy;
use crate::protocol::transport::Unavailability;

/// A proxy that answered a moment ago needs no longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Statuses with which a proxy says that it will not, whoever asks again. Others are of the way beyond it: a name that it
/// does not know yet is 404, 502, 503 or 504.
const REFUSALS: [u16; 5] = [401, 403, 405, 407, 451];

/// What a proxy that did not let a request through says about this host.
pub(super) async fn reason(proxy: &Proxy, url: &Url, limit: Duration) -> Unavailability {
    let host = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(443));
    let status = match proxy.expose().scheme() {
        "http" => timeout(limit.min(PATIENCE), connect(proxy, &host)).await.ok().flatten(),
        // Behind TLS it is not asked again.
        _ => None,
    };
    match status {
        Some(status) if REFUSALS.contains(&status) => {
            proxy_refused(&format!("{proxy} answered HTTP {status} for {host}"))
        }
        Some(status) => connection_failed(&format!("the proxy {proxy} answered HTTP {status} for {host}")),
        None => connection_failed(&format!("the proxy {proxy} opened no way to {host}")),
    }
}

/// The status with which the proxy answers.
async fn connect(proxy: &Proxy, host: &str) -> Option<u16> {
    let name = proxy.host();
    let found = match name.parse::<IpAddr>() {
        Ok(address) => vec![(address, 0).into()],
        Err(_) => addresses(&name).await.ok()?,
    };
    let at: Vec<SocketAddr> = found.into_iter().map(|found| (found.ip(), proxy.port()).into()).collect();
    let mut stream = TcpStream::connect(at.as_slice()).await.ok()?;
    let request = format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n{}\r\n", authorization(proxy));
    stream.write_all(request.as_bytes()).await.ok()?;
    // `HTTP/1.1 403`
    let mut line = [0; 12];
    stream.read_exact(&mut line).await.ok()?;
    let (version, status) = std::str::from_utf8(&line).ok()?.split_once(' ')?;
    version.starts_with("HTTP/1.").then(|| status.parse().ok())?
}

fn authorization(proxy: &Proxy) -> String {
    let url = proxy.expose();
    let Some(password) = url.password() else { return String::new() };
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pair = BASE64_STANDARD.encode(format!("{}:{}", decoded(url.username()), decoded(password)));
    format!("Proxy-Authorization: Basic {pair}\r\n")
}
