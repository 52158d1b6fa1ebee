//! Servers that are no stand-in: they answer what a test wants, and remember what they were sent.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

/// What keeps a client's connection open longer than this is a test that went wrong.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// `POST /services/oauth2/token HTTP/1.1`
    pub(crate) line: String,
    /// All headers.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn is_login(&self) -> bool {
        self.line.starts_with("POST /services/oauth2/token ")
    }

    /// The assertion of a login, else nothing.
    pub(crate) fn assertion(&self) -> &str {
        self.body.split_once("assertion=").map_or("", |(_, assertion)| assertion)
    }

    /// Its claims.
    pub(crate) fn claims(&self) -> Value {
        let payload = self.assertion().split('.').nth(1).unwrap_or_default();
        BASE64_URL_SAFE_NO_PAD
            .decode(payload)
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .unwrap_or_default()
    }

    pub(crate) fn host(&self) -> &str {
        let header = self.head.lines().find(|line| line.to_ascii_lowercase().starts_with("host:"));
        header.map_or("", |line| line["host:".len()..].trim())
    }
}

/// A server on a port of its own. A connection is one request, a thread each.
pub(crate) struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers every request with these bytes.
    pub(crate) fn answering(answer: impl Fn(&Asked) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::serving(move |mut stream, asked| http(&mut stream, asked, &answer))
    }

    /// The same over TLS.
    pub(crate) fn answering_tls(
        certificate: &Certificate,
        answer: impl Fn(&Asked) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        let config = Arc::clone(&certificate.config);
        Self::serving(move |stream, asked| {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            http(&mut stream, asked, &answer);
            stream.conn.send_close_notify();
            let _ = stream.flush();
        })
    }

    /// A proxy that takes CONNECT alone. What it was asked is the request's line; `route` says where a tunnel leads,
    /// or with what it is refused.
    pub(crate) fn proxy(route: impl Fn(&Asked) -> Result<SocketAddr, Vec<u8>> + Send + Sync + 'static) -> Self {
        Self::serving(move |stream, asked| tunnel(stream, asked, &route))
    }

    /// Takes connections and remembers them. Whoever is led there by a server's word has been misled.
    pub(crate) fn trap() -> Self {
        Self::answering(|_| json(200, "{}"))
    }

    fn serving(serve: impl Fn(TcpStream, &Log) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, stop) = (Log::default(), Arc::new(AtomicBool::new(false)));
        let (log, stopped, serve) = (Arc::clone(&asked), Arc::clone(&stop), Arc::new(serve));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let _ = stream.set_read_timeout(Some(PATIENCE));
                let (log, serve) = (Arc::clone(&log), Arc::clone(&serve));
                std::thread::spawn(move || serve(stream, &log));
            }
        });
        Self { address, asked, stop, thread: Some(thread) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that was asked so far; a connection on which nothing was asked is an empty one.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

type Log = Arc<Mutex<Vec<Asked>>>;

fn http(stream: &mut (impl Read + Write), log: &Log, answer: &impl Fn(&Asked) -> Vec<u8>) {
    let asked = read(stream).unwrap_or_default();
    log.lock().unwrap_or_else(PoisonError::into_inner).push(asked.clone());
    if !asked.line.is_empty() {
        let _ = stream.write_all(&answer(&asked)).and_then(|()| stream.flush());
    }
}

/// Reads one request.
fn read(stream: &mut impl Read) -> Option<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        let mut buffer = [0; 4096];
        let length = stream.read(&mut buffer).ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&buffer[..length]);
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = bytes.split_off(end + 4);
    let missing = length.unwrap_or(0_usize).saturating_sub(body.len());
    let mut rest = vec![0; missing];
    stream.read_exact(&mut rest).ok()?;
    body.extend(rest);
    let (line, head) = head.split_once("\r\n").unwrap_or((&head, ""));
    Some(Asked { line: line.to_owned(), head: head.to_owned(), body: String::from_utf8_lossy(&body).into_owned() })
}

fn tunnel(mut stream: TcpStream, log: &Log, route: &impl Fn(&Asked) -> Result<SocketAddr, Vec<u8>>) {
    let Some(asked) = read(&mut stream) else { return };
    log.lock().unwrap_or_else(PoisonError::into_inner).push(asked.clone());
    let target = if asked.line.starts_with("CONNECT ") { route(&asked) } else { Err(status(400)) };
    let other = match target {
        Ok(target) => TcpStream::connect(target).unwrap(),
        Err(refusal) => return drop(stream.write_all(&refusal)),
    };
    let _ = stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
    let (mut from_client, mut to_server) = (stream.try_clone().unwrap(), other.try_clone().unwrap());
    let forth = std::thread::spawn(move || {
        let _ = std::io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let (mut from_server, mut to_client) = (other, stream);
    let _ = std::io::copy(&mut from_server, &mut to_client);
    let _ = to_client.shutdown(Shutdown::Both);
    let _ = forth.join();
}

/// An answer with JSON.
pub(crate) fn json(status: u16, body: &str) -> Vec<u8> {
    with_headers(status, "content-type: application/json;charset=UTF-8\r\n", body)
}

/// An answer without a body.
pub(crate) fn status(status: u16) -> Vec<u8> {
    with_headers(status, "", "")
}

/// An answer with these headers.
pub(crate) fn with_headers(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}").into_bytes()
}

/// A certificate of a CA of its own, for hosts that are not on loopback.
pub(crate) struct Certificate {
    config: Arc<ServerConfig>,
    /// The CA's certificate, PEM.
    pub(crate) ca: String,
}

impl Certificate {
    pub(crate) fn of(hosts: &[&str]) -> Self {
        let ca_key = KeyPair::generate().unwrap();
        let mut ca = CertificateParams::new(Vec::new()).unwrap();
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let pem = ca.self_signed(&ca_key).unwrap().pem();
        let key = KeyPair::generate().unwrap();
        let mut params =
            CertificateParams::new(hosts.iter().map(|host| (*host).to_owned()).collect::<Vec<_>>()).unwrap();
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        Self { config: Arc::new(config), ca: pem }
    }
}
