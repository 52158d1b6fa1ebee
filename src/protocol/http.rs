//! The real transport: HTTP/1.1 over reqwest. It never repeats a request and follows no redirect.

use std::error::Error;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, Response};
use url::Url;

use crate::model::host::{InstanceUrl, LoginUrl};
use crate::model::token::{AccessToken, Assertion};
use crate::protocol::transport::{Answer, ApiRequest, BODY_MAX, Connection, Method, Transport, TransportError};

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
    /// More trust roots, as PEM (any number of certificates), each with the place it came from for errors.
    pub extra_roots: Vec<(String, Vec<u8>)>,
    /// Whether `HTTPS_PROXY` and `NO_PROXY` count. The demo uses no proxy.
    pub use_proxy: bool,
}

impl Default for HttpSettings {
    /// 30 s for a request, the system's trust roots and proxy.
    fn default() -> Self {
        Self { request_timeout: Duration::from_secs(30), extra_roots: Vec::new(), use_proxy: true }
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
        let mut roots = Vec::new();
        for (place, pem) in &settings.extra_roots {
            let unusable = |reason: String| HttpError::Roots { place: place.clone(), reason };
            let certificates = Certificate::from_pem_bundle(pem).map_err(|error| unusable(deepest(&error)))?;
            if certificates.is_empty() {
                return Err(unusable("there is no PEM block of a certificate in it".to_owned()));
            }
            roots.extend(certificates);
        }
        let plain = builder(&settings).no_proxy().tls_certs_only([]).build();
        let plain = plain.map_err(|error| HttpError::Client(deepest(&error)))?;
        Ok(Self { settings, roots, plain, secure: OnceLock::new() })
    }

    fn client(&self, url: &Url) -> Result<&Client, TransportError> {
        if url.scheme() == "http" {
            return Ok(&self.plain);
        }
        let built = self.secure.get_or_init(|| {
            let mut builder = builder(&self.settings).https_only(true).tls_certs_merge(self.roots.iter().cloned());
            if !self.settings.use_proxy {
                builder = builder.no_proxy();
            }
            builder.build().map_err(|error| deepest(&error))
        });
        built.as_ref().map_err(|reason| {
            TransportError::Tls(format!(
                "no usable trust roots on this machine ({reason}); install the package ca-certificates, or set SSL_CERT_FILE"
            ))
        })
    }

    /// Asks the host for its start page, without any secret, to see whether it can be reached and trusted. The body is
    /// not read.
    pub async fn probe(&self, login_url: &LoginUrl, limit: Duration) -> Result<Answer, TransportError> {
        let url = login_url.start_page();
        let limit = limit.min(self.settings.request_timeout);
        let response = self.client(&url)?.get(url).timeout(limit).header(CONNECTION, "close").send().await;
        response.map(|response| head(&response)).map_err(|error| classify(&error, limit))
    }

    async fn exchange(&self, request: RequestBuilder) -> Result<Answer, TransportError> {
        let failed = |error: reqwest::Error| classify(&error, self.settings.request_timeout);
        let mut response = request.send().await.map_err(failed)?;
        let mut answer = head(&response);
        if response.content_length().is_some_and(|length| length > BODY_MAX as u64) {
            return Err(TransportError::TooLong);
        }
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if answer.body.len() + chunk.len() > BODY_MAX {
                return Err(TransportError::TooLong);
            }
            answer.body.extend_from_slice(&chunk);
        }
        Ok(answer)
    }
}

impl Transport for Http {
    async fn post_token(&self, login_url: &LoginUrl, assertion: &Assertion) -> Result<Answer, TransportError> {
        let url = login_url.token_endpoint();
        let form = [("grant_type", GRANT_TYPE), ("assertion", assertion.expose())];
        self.exchange(self.client(&url)?.post(url).form(&form)).await
    }

    async fn get(
        &self,
        instance_url: &InstanceUrl,
        path_and_query: &str,
        token: &AccessToken,
        connection: Connection,
    ) -> Result<Answer, TransportError> {
        let request = ApiRequest::get(path_and_query.to_owned());
        Transport::send(self, instance_url, &request, token, connection).await
    }

    async fn send(
        &self,
        instance_url: &InstanceUrl,
        request: &ApiRequest,
        token: &AccessToken,
        connection: Connection,
    ) -> Result<Answer, TransportError> {
        let url =
            instance_url.resource(&request.target).map_err(|error| TransportError::Elsewhere(error.to_string()))?;
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose()))
            .map_err(|_| TransportError::Local("the token cannot be a header".to_owned()))?;
        bearer.set_sensitive(true);
        let mut builder = self.client(&url)?.request(method, url).header(AUTHORIZATION, bearer);
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, &body.content_type).body(body.bytes.clone());
        }
        if connection == Connection::Close {
            builder = builder.header(CONNECTION, "close");
        }
        self.exchange(builder).await
    }
}

fn builder(settings: &HttpSettings) -> ClientBuilder {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    Client::builder()
        .user_agent(concat!("orgready/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .timeout(settings.request_timeout)
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

/// Says which part of the way failed. reqwest's own text is left out: it names the URL, and with it the query.
fn classify(error: &reqwest::Error, limit: Duration) -> TransportError {
    let deepest = deepest(error);
    let mut proxy = false;
    let mut dns = false;
    // The first is reqwest's own, which names the URL: a host may be called "proxy" too.
    for source in sources(error).skip(1) {
        if let Some(tls) = source.downcast_ref::<rustls::Error>() {
            return of_tls(tls);
        }
        if let Some(io) = source.downcast_ref::<std::io::Error>() {
            if let Some(tls) = tls_inside(io) {
                return of_tls(tls);
            }
            // EMFILE and ENFILE: this process, or this machine, has no more descriptors.
            if matches!(io.raw_os_error(), Some(23 | 24)) && cfg!(unix) {
                return TransportError::Local(format!("{io}; raise `ulimit -n`, or lower --concurrency"));
            }
        }
        let text = source.to_string();
        dns |= text == "dns error" || text.starts_with("failed to lookup address");
        proxy |= text.contains("tunnel") || text.contains("proxy");
    }
    if error.is_timeout() {
        return TransportError::Timeout(limit.as_secs().max(1));
    }
    if proxy {
        return TransportError::Proxy(deepest);
    }
    if dns {
        return TransportError::Dns(deepest);
    }
    if error.is_connect() {
        let refused = sources(error).filter_map(|source| source.downcast_ref::<std::io::Error>());
        return match refused.map(std::io::Error::kind).find(|kind| *kind == std::io::ErrorKind::ConnectionRefused) {
            Some(_) => TransportError::Refused(deepest),
            None => TransportError::Connection(deepest),
        };
    }
    if error.is_body() || error.is_decode() {
        TransportError::Cut(deepest)
    } else {
        TransportError::Connection(deepest)
    }
}

/// rustls' error comes wrapped, once or twice, in one of the system's kind, whose `source` skips over it.
fn tls_inside(error: &std::io::Error) -> Option<&rustls::Error> {
    let inner = error.get_ref()?;
    let deeper = || inner.downcast_ref::<std::io::Error>().and_then(tls_inside);
    inner.downcast_ref::<rustls::Error>().or_else(deeper)
}

/// A certificate that is not accepted is final; a handshake that breaks for another reason can pass.
fn of_tls(error: &rustls::Error) -> TransportError {
    match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
            TransportError::Tls(error.to_string())
        }
        _ => TransportError::Connection(error.to_string()),
    }
}

fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let this = next?;
        next = this.source();
        Some(this)
    })
}

/// The innermost reason, which names no URL.
fn deepest(error: &(dyn Error + 'static)) -> String {
    sources(error).last().map(ToString::to_string).unwrap_or_default()
}

/// Why no HTTP client could be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// A file of trust roots holds no usable certificate.
    #[error("{place} holds no usable certificate: {reason}")]
    Roots {
        /// Where the certificates came from.
        place: String,
        /// What is wrong with them.
        reason: String,
    },
    /// The client could not be built.
    #[error("no HTTP client could be built: {0}")]
    Client(String),
}
