//! The real transport: HTTP/1.1 over reqwest. It never repeats a request and follows no redirect.

mod failure;
mod refused_tunnel;
mod resolver;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, Response};
use url::Url;

use crate::model::host::{InstanceUrl, LoginUrl};
use crate::model::token::{AccessToken, Assertion};
use crate::protocol::proxy::{Proxy, Proxying};
use crate::protocol::transport::{
    Answer, ApiRequest, BODY_MAX, Connection, Method, Transport, Unavailability, UnavailableKind,
};
use crate::protocol::trust_roots::TrustRoots;
use failure::{NOT_ACCEPTED, classify, connection_failed, deepest, local};
use resolver::Resolver;
pub(crate) use resolver::addresses;

/// The grant of the JWT bearer flow (RFC 7523).
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// How long a connection is kept for the next request: a login's check follows at once. A connection for each of
/// thousands of orgs would otherwise stay open.
const IDLE: Duration = Duration::from_millis(100);

/// How requests are made.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Most time for one request, from its start to the end of the answer's body.
    pub request_timeout: Duration,
    /// Trust roots besides the system's.
    pub extra_roots: TrustRoots,
    /// Which requests go through a proxy.
    pub proxying: Proxying,
}

impl Default for HttpSettings {
    /// 30 s for a request, the system's trust roots and proxy.
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(30),
            extra_roots: TrustRoots::default(),
            proxying: Proxying::System,
        }
    }
}

/// Sends requests with reqwest: plain http through a client without proxy or trust roots, https through one with both,
/// which is built when it is first needed (to load the system's roots takes longer than a request).
#[derive(Debug)]
pub struct Http {
    settings: HttpSettings,
    roots: Vec<Certificate>,
    plain: Client,
    secure: OnceLock<Result<Client, String>>,
}

impl Http {
    /// Prepares; nothing is opened yet.
    pub fn new(settings: HttpSettings) -> Result<Self, HttpError> {
        let roots = settings.extra_roots.certificates().map(Certificate::from_der);
        let roots: Vec<_> = roots.collect::<Result<_, _>>().map_err(|error| HttpError::Client(deepest(&error)))?;
        let plain = builder(&settings).no_proxy().tls_certs_only([]).build();
        let plain = plain.map_err(|error| HttpError::Client(deepest(&error)))?;
        Ok(Self { settings, roots, plain, secure: OnceLock::new() })
    }

    fn client(&self, url: &Url) -> Result<&Client, Unavailability> {
        if url.scheme() == "http" {
            return Ok(&self.plain);
        }
        let built = self.secure.get_or_init(|| {
            let (builder, roots) = (builder(&self.settings).https_only(true), self.roots.iter().cloned());
            let builder = if !self.settings.extra_roots.replaces_system() {
                builder.tls_certs_merge(roots)
            } else if self.roots.is_empty() {
                return Err("none that SSL_CERT_FILE or SSL_CERT_DIR names".to_owned());
            } else {
                builder.tls_certs_only(roots)
            };
            let builder = match &self.settings.proxying {
                Proxying::System => builder,
                Proxying::Never => builder.no_proxy(),
                Proxying::Through(rules) => {
                    let rules = Arc::clone(rules);
                    builder.proxy(reqwest::Proxy::custom(move |url| rules.of(url).map(|proxy| proxy.expose().clone())))
                }
            };
            builder.build().map_err(|error| deepest(&error))
        });
        built.as_ref().map_err(|reason| {
            let said = format!(
                "{NOT_ACCEPTED}: no usable trust roots on this machine ({reason}); install the package ca-certificates, or set SSL_CERT_FILE"
            );
            Unavailability::new(UnavailableKind::Tls, &said)
        })
    }

    /// Asks the host for its start page, without any secret, to see whether it can be reached and trusted. The body is
    /// not read.
    pub async fn probe(&self, login_url: &LoginUrl, limit: Duration) -> Result<Answer, Unavailability> {
        let url = login_url.start_page();
        let limit = limit.min(self.settings.request_timeout);
        let request = self.client(&url)?.get(url.clone()).timeout(limit).header(CONNECTION, "close");
        match request.send().await {
            Ok(response) => Ok(head(&response)),
            Err(error) => Err(self.failed(&error, &url, limit).await),
        }
    }

    async fn exchange(&self, request: RequestBuilder, url: &Url) -> Result<Answer, Unavailability> {
        let limit = self.settings.request_timeout;
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Err(self.failed(&error, url, limit).await),
        };
        let mut answer = head(&response);
        if response.content_length().is_some_and(|length| length > BODY_MAX as u64) {
            return Err(too_long());
        }
        loop {
            match response.chunk().await {
                Ok(None) => return Ok(answer),
                Ok(Some(chunk)) if answer.body.len() + chunk.len() > BODY_MAX => return Err(too_long()),
                Ok(Some(chunk)) => answer.body.extend_from_slice(&chunk),
                Err(error) => return Err(self.failed(&error, url, limit).await),
            }
        }
    }

    async fn failed(&self, error: &reqwest::Error, url: &Url, limit: Duration) -> Unavailability {
        let proxy: Option<&Proxy> = match &self.settings.proxying {
            Proxying::Through(rules) => rules.of(url),
            Proxying::System | Proxying::Never => None,
        };
        match (classify(error, limit, proxy), proxy) {
            (Some(unavailable), _) => unavailable,
            (None, Some(proxy)) => refused_tunnel::reason(proxy, url, limit).await,
            (None, None) => connection_failed("the proxy opened no way to the host"),
        }
    }
}

fn too_long() -> Unavailability {
    Unavailability::new(UnavailableKind::Other, &format!("the answer is longer than {BODY_MAX} bytes"))
}

impl Transport for Http {
    async fn post_token(&self, login_url: &LoginUrl, assertion: &Assertion) -> Result<Answer, Unavailability> {
        let url = login_url.token_endpoint();
        let form = [("grant_type", GRANT_TYPE), ("assertion", assertion.expose())];
        self.exchange(self.client(&url)?.post(url.clone()).form(&form), &url).await
    }

    async fn send(
        &self,
        instance_url: &InstanceUrl,
        request: &ApiRequest,
        token: &AccessToken,
        connection: Connection,
    ) -> Result<Answer, Unavailability> {
        let url = instance_url.resource(&request.target).map_err(|error| {
            Unavailability::new(UnavailableKind::Other, &format!("the request would leave the host: {error}"))
        })?;
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose()))
            .map_err(|_| local("the token cannot be a header"))?;
        bearer.set_sensitive(true);
        let mut builder = self.client(&url)?.request(method, url.clone()).header(AUTHORIZATION, bearer);
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, &body.content_type).body(body.bytes.clone());
        }
        if connection == Connection::Close {
            builder = builder.header(CONNECTION, "close");
        }
        self.exchange(builder, &url).await
    }
}

fn builder(settings: &HttpSettings) -> ClientBuilder {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    Client::builder()
        .user_agent(concat!("orgready/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .timeout(settings.request_timeout)
        .dns_resolver(Resolver)
        // A repeated request would be a login that nobody counted; a redirect would carry a secret elsewhere.
        .retry(reqwest::retry::never())
        .redirect(reqwest::redirect::Policy::none())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(1)
}

fn head(response: &Response) -> Answer {
    let header = |name: HeaderName| response.headers().get(name)?.to_str().ok().map(str::to_owned);
    Answer {
        status: response.status().as_u16(),
        retry_after: header(reqwest::header::RETRY_AFTER),
        date: header(reqwest::header::DATE),
        limit_info: header(HeaderName::from_static("sforce-limit-info")),
        body: Vec::new(),
    }
}

/// Why no HTTP client could be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The client could not be built.
    #[error("no HTTP client could be built: {0}")]
    Client(String),
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::model::host::TrustedHosts;

    /// What comes of an answer of so many bytes, whose head tells so many.
    async fn answered(told: Option<usize>, sent: usize) -> Result<usize, String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut trusted = TrustedHosts::default();
        trusted.hub(&url).unwrap();
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
            let length = told.map(|told| format!("content-length: {told}\r\n")).unwrap_or_default();
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{length}\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            // Who has read enough hangs up.
            let _ = stream.write_all(&vec![b' '; sent]).await;
        };
        let http = Http::new(HttpSettings::default()).unwrap();
        let (instance_url, token) = (trusted.instance_url(&url).unwrap(), AccessToken::new("00D!token".to_owned()));
        let client = async {
            let request = ApiRequest::get("/services/data".to_owned());
            let answer = http.send(&instance_url, &request, &token, Connection::Close).await;
            answer.map(|answer| answer.body.len()).map_err(|unavailable| unavailable.description)
        };
        tokio::join!(server, client).1
    }

    #[tokio::test]
    async fn an_answer_is_taken_up_to_its_longest_and_not_a_byte_more() {
        for told in [Some(BODY_MAX), None] {
            assert_eq!(answered(told, BODY_MAX).await, Ok(BODY_MAX));
        }
        // What is told to be too long is not even read.
        for (told, sent) in [(None, BODY_MAX + 1), (Some(BODY_MAX + 1), 0)] {
            assert_eq!(answered(told, sent).await, Err("the answer is longer than 4194304 bytes".to_owned()));
        }
    }
}
