//! The way of a request with a key.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use http_body::Body as _;
use tower::Service;
use tracing::Instrument as _;

use super::handle::{Inner, opened};
use super::{
    Answer, Begun, Claim, Idempotency, IdempotencyLayer, IdempotencyStore, REPLAYED, Slot, fingerprint,
};
use crate::http::extract::collect;
use crate::http::{Body, FromParts, IdempotencyKey, Parts, Problem, Request, RequestId, Response, problems};

/// The statuses of an answer that says that nothing was done, or nothing for good: the key is free again. Those of
/// a server's fault are too.
const NOT_FINAL: [StatusCode; 16] = [
    StatusCode::BAD_REQUEST,
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::NOT_ACCEPTABLE,
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::CONFLICT,
    StatusCode::LENGTH_REQUIRED,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    StatusCode::MISDIRECTED_REQUEST,
    StatusCode::UNPROCESSABLE_ENTITY,
    StatusCode::LOCKED,
    StatusCode::TOO_EARLY,
    StatusCode::PRECONDITION_REQUIRED,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
];

impl<S: IdempotencyStore> IdempotencyLayer<S> {
    pub(super) async fn answer<I>(&self, request: Request, mut inner: I) -> Response
    where
        I: Service<Request, Response = Response, Error = Infallible> + Send + 'static,
        I::Future: Send,
    {
        if !self.config.methods.contains(request.method()) {
            return called(&mut inner, request).await;
        }
        let (head, body) = request.into_parts();
        let mut parts = match Parts::of_layer(head) {
            Ok(parts) => parts,
            // No route was matched: whatever answers there takes no key.
            Err(head) => return called(&mut inner, Request::from_parts(*head, body)).await,
        };
        match self.begin(&mut parts, body).await {
            Ok((claim, body)) => self.run(claim, parts, body, inner).await,
            Err(Refused::Replay(response)) => *response,
            Err(Refused::Problem(problem)) => problem.render(parts.request_id()),
        }
    }

    /// The claim, where the request has a key, and the body that was read for it.
    async fn begin(&self, parts: &mut Parts, body: Body) -> Result<(Option<Claim>, Body), Refused> {
        let Some(key) = <Option<IdempotencyKey> as FromParts<()>>::from_parts(parts, &())? else {
            if self.config.is_required {
                return Err(<IdempotencyKey as FromParts<()>>::from_parts(parts, &())
                    .err()
                    .map_or_else(|| Problem::new(problems::BAD_PARAMETER).into(), Refused::from));
            }
            return Ok((None, body));
        };
        // As in a handler's own time, a body may not take for ever.
        let time = parts.limits().time;
        let late = |_| Problem::new(problems::REQUEST_TIMEOUT);
        tokio::time::timeout(time, parts.admit_in_layer()).await.map_err(late)??;
        let body = tokio::time::timeout(time, collect(parts, body)).await.map_err(late)??;
        let slot = fingerprint::slot(parts, &key);
        let asked = fingerprint::of(parts, &self.config.headers, &body);
        let lease = parts.limits().time.saturating_add(self.config.spare);
        let now = self.clock.now();
        match self.store.begin(slot, asked, now, lease).await.map_err(crate::Error::from)? {
            Begun::Run(claim) => Ok((Some(claim), Body::from(body))),
            Begun::Running(until) => {
                self.count("running");
                let left = until.saturating_since(now).clamp(Duration::from_secs(1), Duration::from_secs(5));
                Err(Problem::new(super::STILL_RUNNING).retry_after(left).into())
            }
            Begun::Reused => {
                self.count("reused");
                Err(Problem::new(super::KEY_REUSED).into())
            }
            Begun::Answered(kept) => Err(self.replay(slot, &kept).await),
        }
    }

    async fn replay(&self, slot: Slot, kept: &[u8]) -> Refused {
        self.count("replayed");
        let answer = match opened(&self.config, &slot, kept).await {
            Ok(Some(answer)) => answer,
            Ok(None) => {
                return Problem::new(problems::INTERNAL).because("a kept answer cannot be read").into();
            }
            Err(error) => return Problem::new(problems::INTERNAL).because(error).into(),
        };
        match answer.into_response() {
            Some(mut response) => {
                response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
                Refused::Replay(Box::new(response))
            }
            None => Problem::new(super::ANSWER_NOT_KEPT).into(),
        }
    }

    async fn run<I>(&self, claim: Option<Claim>, mut parts: Parts, body: Body, mut inner: I) -> Response
    where
        I: Service<Request, Response = Response, Error = Infallible> + Send + 'static,
        I::Future: Send,
    {
        let id = parts.request_id();
        let handle = Idempotency(Arc::new(Inner {
            store: self.store.clone(),
            config: Arc::clone(&self.config),
            clock: self.clock.clone(),
            claim,
        }));
        parts.extensions_mut().insert(handle.clone());
        let request = Request::from_parts(parts.into_layer(), body);
        let Some(claim) = claim else { return called(&mut inner, request).await };
        self.count("ran");
        let layer = self.clone();
        // A task of its own: what has begun is brought to its end, and answered, also where the client goes away.
        let given = id.clone();
        let work = async move {
            let response = called(&mut inner, request).await;
            layer.finish(&handle, claim, response, given).await
        };
        match tokio::spawn(work.in_current_span()).await {
            Ok(response) => response,
            Err(error) => {
                self.release(claim).await;
                Problem::new(problems::INTERNAL).because(error).render(id)
            }
        }
    }

    async fn release(&self, claim: Claim) {
        self.count("released");
        // Where the handler's transaction has kept an answer all the same, that one stays.
        if let Err(error) = self.store.release(claim).await {
            tell(&error, "a claim cannot be released; it ends with its time");
        }
    }

    async fn finish(
        &self,
        handle: &Idempotency<S>,
        claim: Claim,
        response: Response,
        id: RequestId,
    ) -> Response {
        let status = response.status();
        if status.is_server_error() || NOT_FINAL.contains(&status) {
            self.release(claim).await;
            return response;
        }
        let (head, body) = response.into_parts();
        let size = body.size_hint().exact();
        let is_kept = size.is_some_and(|size| size <= self.config.largest_answer as u64);
        let (kept, body): (Option<Bytes>, Body) = if is_kept {
            match body.into_bytes(self.config.largest_answer as u64).await {
                Ok(bytes) => (Some(bytes.clone()), Body::from(bytes)),
                Err(error) => {
                    self.release(claim).await;
                    return Problem::new(problems::INTERNAL).because(error).render(id);
                }
            }
        } else {
            (None, body)
        };
        let answer = Answer::of(head.status, &head.headers, kept);
        match handle.complete(claim, &answer).await {
            // The handler has kept its answer in its own transaction.
            Ok(()) | Err(super::Error::Fenced) => {}
            Err(error) => tell(&error, "an answer cannot be kept; a repetition may run again"),
        }
        Response::from_parts(head, body)
    }
}

fn tell(error: &super::Error, what: &'static str) {
    tracing::error!(error = error as &dyn std::error::Error, "{what}");
}

async fn called<I>(inner: &mut I, request: Request) -> Response
where
    I: Service<Request, Response = Response, Error = Infallible>,
{
    let Ok(response) = inner.call(request).await;
    response
}

/// Why a request is not run.
enum Refused {
    Replay(Box<Response>),
    Problem(Problem),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<crate::Error> for Refused {
    fn from(error: crate::Error) -> Self {
        Self::Problem(error.into())
    }
}
