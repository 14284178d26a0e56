//! [`Call`]: one call, put together and sent.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Uri};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout};
use tracing::Instrument as _;

use super::body::Watched;
use super::config::bearer;
use super::error::ClientError;
use super::handle::Client;
use super::trying::Trying;
use super::{answer, base, decode, pairs, retry};
use crate::http::body::Body;
use crate::http::request_id::RequestId;
use crate::http::{Response, X_REQUEST_ID};
use crate::resilience::{IDEMPOTENCY_KEY, is_repeatable};

/// One call, put together by methods and finished by one of the `send` family.
///
/// What is wrong with it (a segment that is empty, a value that is no header) is said when it is
/// sent: nothing leaves then.
///
/// **It is tried again** only when it does no harm twice: `GET`, `HEAD`, `OPTIONS`, `PUT`, `DELETE`,
/// or with an [idempotency key](Self::idempotency_key); when its body lies in memory; and after a
/// connection that failed before an answer came, or an answer 429, 502, 503 or 504. A `Retry-After`
/// is kept to; one of more than 10 s, or past the deadline, ends the call with the error that holds it.
#[must_use = "a call does nothing until it is sent"]
pub struct Call {
    client: Client,
    method: Method,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Body,
    timeout: Option<Duration>,
    fault: Option<ClientError>,
}

impl Call {
    pub(super) fn new(client: Client, method: Method, path: &'static str) -> Self {
        let headers = HeaderMap::clone(&client.headers);
        let (path, fault) = match base::literal(path) {
            Ok(path) => (path, None),
            Err(fault) => (String::new(), Some(fault)),
        };
        Self {
            client,
            method,
            path,
            query: String::new(),
            headers,
            body: Body::empty(),
            timeout: None,
            fault,
        }
    }

    /// Adds a segment to the path, escaped whatever it holds: `/` and `%` are letters of it.
    ///
    /// An empty one, `.` and `..` are refused: on their way they would be folded into another address.
    pub fn segment(mut self, segment: impl fmt::Display) -> Self {
        let pushed = base::push_segment(&mut self.path, &segment.to_string());
        self.note(pushed);
        self
    }

    /// Adds the fields of a struct or map, or a list of pairs, to the query. A list is given as the
    /// key several times; what is `None` is left out.
    pub fn query(mut self, what: &impl Serialize) -> Self {
        let added = pairs::append(&mut self.query, what);
        self.note(added);
        self
    }

    /// Sets a header.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::try_from(value) {
            Ok(mut value) => {
                value.set_sensitive(name == AUTHORIZATION || name == COOKIE);
                self.headers.insert(name, value);
            }
            Err(_) => self.refuse(&name),
        }
        self
    }

    /// Signs this call with a token.
    pub fn bearer(mut self, token: &str) -> Self {
        match bearer(token) {
            Some(value) => {
                self.headers.insert(AUTHORIZATION, value);
            }
            None => self.refuse(&AUTHORIZATION),
        }
        self
    }

    /// Names what is to happen once, so that the service can tell a repetition: it makes a `POST` or
    /// `PATCH` safe to try again. Only services that heed `Idempotency-Key` make it true.
    pub fn idempotency_key(self, key: &str) -> Self {
        self.header(IDEMPOTENCY_KEY, key)
    }

    /// The body, as JSON.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => return self.typed(bytes, "application/json"),
            Err(_) => self.note(Err(ClientError::Invalid("the body cannot be written as JSON".to_owned()))),
        }
        self
    }

    /// The body, as a form; its type as for [`query`](Self::query).
    pub fn form(mut self, body: &impl Serialize) -> Self {
        let mut form = String::new();
        let written = pairs::append(&mut form, body);
        self.note(written);
        self.typed(form, "application/x-www-form-urlencoded")
    }

    /// The body, as bytes or as a stream ([`Body::from_stream`]). Say what it is by a `content-type`
    /// header. A streamed one is sent once, and counts into the call's time.
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// How long this call may take, instead of what the client was configured with.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self
    }

    /// Sends it, and reads the answer as JSON.
    pub async fn send<T: DeserializeOwned>(mut self) -> Result<T, ClientError> {
        self.headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
        let limit = self.client.shared.max_response;
        let sending = self.start()?;
        let bytes =
            sending.within(async |sending| answer::success(sending.tries().await?, limit).await).await?;
        decode::json(&bytes)
    }

    /// Like [`send`](Self::send), with `None` for an answer 404.
    pub async fn send_optional<T: DeserializeOwned>(self) -> Result<Option<T>, ClientError> {
        match self.send().await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if answer::is_nothing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends it. Of the answer only its success counts; a body is read and dropped.
    pub async fn send_empty(self) -> Result<(), ClientError> {
        let limit = self.client.shared.max_response;
        let sending = self.start()?;
        sending.within(async |sending| answer::success(sending.tries().await?, limit).await).await.map(drop)
    }

    /// Sends it, and hands the answer over: status 2xx or 3xx, headers, and the body as it streams in.
    ///
    /// The call's time ends when the body begins. From then on the body may not stand still for longer
    /// than the client's stall timeout: it ends with an error then, as when the connection breaks.
    pub async fn send_raw(self) -> Result<Response, ClientError> {
        let stall = self.client.shared.stall_timeout;
        let sending = self.start()?;
        let response = sending.within(async |sending| sending.tries().await).await?;
        Ok(response.map(|body| Body::new(Watched::new(body, stall))))
    }

    fn typed(mut self, body: impl Into<Body>, media: &'static str) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
        self.body(body)
    }

    fn refuse(&mut self, name: &HeaderName) {
        // The value stays out of the message: it may be a credential.
        let reason = format!("the value of the header {name} holds a byte that no header may hold");
        self.note(Err(ClientError::Invalid(reason)));
    }

    fn note(&mut self, result: Result<(), ClientError>) {
        if let Err(fault) = result {
            self.fault.get_or_insert(fault);
        }
    }

    fn start(mut self) -> Result<Sending, ClientError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let uri = self.client.shared.base.join(&self.path, &self.query)?;
        self.headers.entry(X_REQUEST_ID).or_insert_with(|| RequestId::generate().header());
        let limit = self.timeout.unwrap_or(self.client.shared.timeout);
        Ok(Sending {
            limit,
            deadline: Instant::now().checked_add(limit),
            client: self.client,
            method: self.method,
            uri,
            headers: self.headers,
            body: self.body,
        })
    }
}

/// A call under way.
struct Sending {
    client: Client,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
    limit: Duration,
    deadline: Option<Instant>,
}

impl Sending {
    /// Tries until there is an answer, or no sense in trying again.
    async fn tries(mut self) -> Result<Response, ClientError> {
        let shared = &*self.client.shared;
        shared.budget.earn();
        let repeatable = is_repeatable(&self.method, &self.headers);
        let mut retries = 0;
        loop {
            let again = if repeatable && retries < shared.retries { self.body.repeat() } else { None };
            let mut request = http::Request::new(std::mem::take(&mut self.body));
            *request.method_mut() = self.method.clone();
            *request.uri_mut() = self.uri.clone();
            *request.headers_mut() = self.headers.clone();
            let span = Trying::begin(&mut request, retries);
            let error = match shared.send(request).instrument(span.inner()).await {
                Ok(response) => {
                    span.answered(response.status());
                    return Ok(response);
                }
                Err(error) => {
                    span.failed(&error);
                    error
                }
            };
            let (Some(body), Some(wait)) = (again, retry::wait_after(&error, retries)) else {
                return Err(error);
            };
            let too_late = self.deadline.is_some_and(|deadline| Instant::now() + wait >= deadline);
            if too_late || !shared.budget.spend() {
                return Err(error);
            }
            tracing::debug!(method = %self.method, %error, ?wait, "the call is tried again");
            sleep(wait).await;
            self.body = body;
            retries += 1;
        }
    }

    /// Gives up when the time is over; what is under way is dropped, and with it cancelled.
    async fn within<T, F>(self, work: impl FnOnce(Self) -> F) -> Result<T, ClientError>
    where
        F: Future<Output = Result<T, ClientError>>,
    {
        let limit = self.limit;
        timeout(limit, work(self)).await.unwrap_or(Err(ClientError::Timeout(limit)))
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the address nor the headers: both may hold what is nobody's business.
        f.debug_struct("Call").field("method", &self.method).field("body", &self.body).finish_non_exhaustive()
    }
}
