//! [`Handler`]: an async function whose arguments are extractors and whose result is an answer.

use std::future::Future;
use std::marker::PhantomData;

use futures_util::future::BoxFuture;

use super::body::Body;
use super::extract::{FromParts, FromRequest};
use super::openapi::Operation;
use super::parts::Parts;
use super::respond::Respond;
use super::{Response, problem::Problem};

/// An async function that answers requests: up to eight arguments that are
/// [extractors](super::extract), of which the last may own the body, and a result that can
/// [respond](Respond). It is implemented for functions; nobody needs to implement it by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler for routes with the state `{S}`",
    note = "a handler is an async function; every argument is an extractor and only the last may own the body; its result implements `Respond`"
)]
pub trait Handler<Args, S>: Clone + Send + Sync + 'static {
    /// Whether an argument needs a caller.
    const NEEDS_PRINCIPAL: bool;

    /// Whether an argument wants to know the caller where there is one.
    const LOOKS_FOR_PRINCIPAL: bool;

    /// The media types of its answers.
    const MEDIA: &'static [&'static str];

    /// Answers a request.
    fn call(&self, parts: Parts, body: Body, state: S) -> impl Future<Output = Response> + Send + 'static;

    /// Says in the OpenAPI document what its arguments take and what it answers with.
    fn describe(operation: &mut Operation<'_>);
}

macro_rules! handler {
    ($($arg:ident),*; $last:ident) => {
        #[allow(non_snake_case, reason = "the arguments are named by their type parameters")]
        impl<Function, Fut, Answer, S, Via, $($arg,)* $last> Handler<(Via, $($arg,)* $last,), S> for Function
        where
            Function: Fn($($arg,)* $last) -> Fut + Clone + Send + Sync + 'static,
            Fut: Future<Output = Answer> + Send,
            Answer: Respond,
            S: Send + Sync + 'static,
            $($arg: FromParts<S> + Send,)*
            $last: FromRequest<S, Via> + Send,
        {
            const NEEDS_PRINCIPAL: bool = $($arg::NEEDS_PRINCIPAL ||)* $last::NEEDS_PRINCIPAL;
            const LOOKS_FOR_PRINCIPAL: bool = $($arg::LOOKS_FOR_PRINCIPAL ||)* $last::LOOKS_FOR_PRINCIPAL;
            const MEDIA: &'static [&'static str] = Answer::MEDIA;

            fn call(&self, mut parts: Parts, body: Body, state: S) -> impl Future<Output = Response> + Send + 'static {
                let function = self.clone();
                async move {
                    $(let $arg = match $arg::from_parts(&mut parts, &state) {
                        Ok(value) => value,
                        Err(problem) => return refuse(problem, &mut parts),
                    };)*
                    let $last = match $last::from_request(&mut parts, body, &state).await {
                        Ok(value) => value,
                        Err(problem) => return refuse(problem, &mut parts),
                    };
                    function($($arg,)* $last).await.respond(&mut parts)
                }
            }

            fn describe(operation: &mut Operation<'_>) {
                $($arg::describe(operation);)*
                $last::describe(operation);
                Answer::describe(operation);
            }
        }
    };
}

fn refuse(problem: Problem, parts: &mut Parts) -> Response {
    problem.render(parts.request_id())
}

handler!(; A);
handler!(A; B);
handler!(A, B; C);
handler!(A, B, C; D);
handler!(A, B, C, D; E);
handler!(A, B, C, D, E; F);
handler!(A, B, C, D, E, F; G);
handler!(A, B, C, D, E, F, G; H);

impl<Function, Fut, Answer, S> Handler<(), S> for Function
where
    Function: Fn() -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send,
    Answer: Respond,
    S: Send + Sync + 'static,
{
    const NEEDS_PRINCIPAL: bool = false;
    const LOOKS_FOR_PRINCIPAL: bool = false;
    const MEDIA: &'static [&'static str] = Answer::MEDIA;

    fn call(&self, mut parts: Parts, _: Body, _: S) -> impl Future<Output = Response> + Send + 'static {
        let function = self.clone();
        async move { function().await.respond(&mut parts) }
    }

    fn describe(operation: &mut Operation<'_>) {
        Answer::describe(operation);
    }
}

/// A handler with its state, its types forgotten.
pub(crate) trait Endpoint: Send + Sync {
    fn call(&self, parts: Parts, body: Body) -> BoxFuture<'static, Response>;
}

/// A handler that waits for its state.
pub(crate) trait Unbound<S>: Send + Sync {
    fn bind(&self, state: &S) -> std::sync::Arc<dyn Endpoint>;
}

pub(crate) struct Waiting<H, Args> {
    handler: H,
    args: PhantomData<fn(Args)>,
}

impl<H, Args> Waiting<H, Args> {
    pub(crate) fn new(handler: H) -> Self {
        Self { handler, args: PhantomData }
    }
}

struct Bound<H, Args, S> {
    handler: H,
    state: S,
    args: PhantomData<fn(Args)>,
}

impl<H, Args, S> Unbound<S> for Waiting<H, Args>
where
    H: Handler<Args, S>,
    Args: 'static,
    S: Clone + Send + Sync + 'static,
{
    fn bind(&self, state: &S) -> std::sync::Arc<dyn Endpoint> {
        std::sync::Arc::new(Bound {
            handler: self.handler.clone(),
            state: state.clone(),
            args: PhantomData::<fn(Args)>,
        })
    }
}

impl<H, Args, S> Endpoint for Bound<H, Args, S>
where
    H: Handler<Args, S>,
    Args: 'static,
    S: Clone + Send + Sync + 'static,
{
    fn call(&self, parts: Parts, body: Body) -> BoxFuture<'static, Response> {
        Box::pin(self.handler.call(parts, body, self.state.clone()))
    }
}
