//! [`Running`]: a handler at work, under its time limit, its panics caught.

use std::convert::Infallible;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Sleep, sleep};

use super::access::admit;
use super::body::Body;
use super::parts::{Matched, Parts};
use super::problem::Problem;
use super::problems;
use super::request_id::RequestId;
use super::table::Target;
use super::{Response, negotiate};
use crate::limits::Told;

/// A handler at work. Dropping it cancels the handler: a client that goes away stops the work.
pub(crate) struct Running {
    state: State,
    limit: Duration,
    /// Made when the handler first has to wait; most never do.
    timer: Option<Pin<Box<Sleep>>>,
    id: Option<RequestId>,
}

enum State {
    Ready(Option<Response>),
    Handler(BoxFuture<'static, Response>),
}

impl Running {
    /// Sets the handler to work, once the caller is let in.
    pub(crate) fn start(
        target: &Arc<Target>,
        head: http::request::Parts,
        matched: Matched,
        body: Body,
    ) -> Self {
        let id = head.extensions.get::<RequestId>().cloned();
        let mut parts = Parts { head, matched, principal: None, request_id: id.clone() };
        if let Err(problem) = negotiate::accepts(&parts) {
            return Self::ready(problem.render(parts.request_id()));
        }
        let limit = target.info.limits.time;
        let handler: BoxFuture<'static, Response> = if !target.info.rate_limits.is_empty() {
            Box::pin(limited(Arc::clone(target), parts, body))
        } else if target.info.authenticates() {
            let target = Arc::clone(target);
            Box::pin(async move {
                match admit(&mut parts).await {
                    Ok(()) => target.endpoint.call(parts, body).await,
                    Err(problem) => problem.render(parts.request_id()),
                }
            })
        } else {
            target.endpoint.call(parts, body)
        };
        Self { state: State::Handler(handler), limit, timer: None, id }
    }

    /// An answer that is there already.
    pub(crate) fn ready(response: Response) -> Self {
        Self { state: State::Ready(Some(response)), limit: Duration::MAX, timer: None, id: None }
    }

    fn fail(&mut self, problem: Problem) -> Poll<Response> {
        // The handler is dropped now, with all it holds, and not when the answer has been written.
        self.state = State::Ready(None);
        Poll::Ready(problem.render(self.id.take()))
    }
}

impl Future for Running {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response> {
        let handler = match &mut self.state {
            State::Ready(response) => return response.take().map_or(Poll::Pending, Poll::Ready),
            State::Handler(handler) => handler,
        };
        match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx))) {
            Ok(Poll::Ready(response)) => return Poll::Ready(response),
            Ok(Poll::Pending) => {}
            Err(panic) => return self.fail(panicked(&*panic)),
        }
        let limit = self.limit;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(timer.as_mut().poll(cx));
        self.fail(Problem::new(problems::TIMEOUT).retry_after(Duration::from_secs(1)))
    }
}

/// A handler that is asked as often as its limits allow.
async fn limited(target: Arc<Target>, mut parts: Parts, body: Body) -> Response {
    let limits = &target.info.rate_limits;
    let mut told = Told::default();
    let admitted = async {
        told.ask_early(limits, &parts.head).await?;
        if target.info.authenticates() {
            admit(&mut parts).await?;
        }
        told.ask_late(limits, &parts.head, parts.principal.as_deref()).await
    };
    let mut response = match admitted.await {
        Ok(()) => target.endpoint.call(parts, body).await,
        Err(problem) => problem.render(parts.request_id()),
    };
    told.tell(response.headers_mut());
    response
}

/// What a panic becomes. Its message stays in the log.
pub(crate) fn panicked(panic: &(dyn std::any::Any + Send)) -> Problem {
    let message = panic_message(panic);
    Problem::new(problems::INTERNAL).because(format!("the handler panicked: {message}"))
}

/// What a panic says.
pub(crate) fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// A future of an answer as tower wants it.
pub(crate) struct Infallibly<F>(pub(crate) F);

impl<F: Future<Output = Response> + Unpin> Future for Infallibly<F> {
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(Ok)
    }
}
