//! [`RateLimit`]: a limiter, and whose requests it counts together.

use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use http::request::Parts;

use super::decision::Decision;
use super::fields;
use super::key::{self, AddressGroup};
use super::limiter::RateLimiter;
use super::metrics::DECISIONS;
use crate::http::{Problem, problems};
use crate::metrics::Counter;
use crate::{Metrics, Principal};

/// A limiter, and whose requests it counts together: what stands on a route
/// ([`Declared::rate_limit`](crate::http::Declared::rate_limit)), on a whole table
/// ([`Routes::rate_limit`](crate::http::Routes::rate_limit)), or around any service
/// ([`RateLimitLayer`](super::RateLimitLayer)).
///
/// Every answer says what is left in the `RateLimit` and `RateLimit-Policy` fields; a request too many is
/// answered 429 with `Retry-After`. The name stands in these fields and in metrics: letters, digits, `_`, `-`
/// and `.`.
///
/// ```
/// use gravity_core::limits::{MemoryLimiter, Quota, RateLimit};
///
/// let export = RateLimit::by_principal("export", MemoryLimiter::new(Quota::per_hour(10))).cost(2);
/// let tenants = MemoryLimiter::new(Quota::per_second(50));
/// let tenant = RateLimit::by_key("tenant", tenants, |head| {
///     Some(head.headers.get("x-tenant")?.to_str().ok()?.to_owned())
/// });
/// ```
#[derive(Clone)]
pub struct RateLimit(Arc<Rule>);

#[derive(Clone)]
struct Rule {
    name: &'static str,
    limiter: Arc<dyn RateLimiter>,
    key: KeyOf,
    group: AddressGroup,
    cost: u32,
    policy: String,
    counted: Option<Counted>,
}

type HeadKey = dyn Fn(&Parts) -> Option<String> + Send + Sync;
type PrincipalKey = dyn Fn(&Principal) -> Option<String> + Send + Sync;

#[derive(Clone)]
enum KeyOf {
    Address,
    Head(Arc<HeadKey>),
    Principal(Arc<PrincipalKey>),
}

#[derive(Clone)]
struct Counted {
    allowed: Counter,
    refused: Counter,
    outage: Counter,
}

impl RateLimit {
    /// Counts by the client's address (see [`AddressGroup`]), behind
    /// [`TrustedProxies`](crate::http::TrustedProxies) by whom they speak for. It is asked before anybody's
    /// credentials are looked at. What came over no connection is counted as one client.
    ///
    /// # Panics
    /// When the name has other characters than it may have.
    pub fn by_address(name: &'static str, limiter: impl RateLimiter) -> Self {
        Self::new(name, limiter, KeyOf::Address)
    }

    /// Counts by the caller; where nobody is signed in, by the address. It is asked after the caller has been let
    /// in.
    ///
    /// # Panics
    /// When the name has other characters than it may have.
    pub fn by_principal(name: &'static str, limiter: impl RateLimiter) -> Self {
        Self::new(name, limiter, KeyOf::Principal(Arc::new(|principal| Some(key::of_principal(principal)))))
    }

    /// Counts by something of the caller, such as the tenant; by the address where nobody is signed in. A caller
    /// without such a thing is not limited.
    ///
    /// # Panics
    /// When the name has other characters than it may have.
    pub fn by_claim(
        name: &'static str,
        limiter: impl RateLimiter,
        claim: impl Fn(&Principal) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let claim = move |principal: &Principal| Some(format!("claim:{}", claim(principal)?));
        Self::new(name, limiter, KeyOf::Principal(Arc::new(claim)))
    }

    /// Counts by anything of the request's head. What has no key is not limited. It is asked before anybody's
    /// credentials are looked at: a key that the client chooses freely limits nobody.
    ///
    /// # Panics
    /// When the name has other characters than it may have.
    pub fn by_key(
        name: &'static str,
        limiter: impl RateLimiter,
        key: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, limiter, KeyOf::Head(Arc::new(key)))
    }

    fn new(name: &'static str, limiter: impl RateLimiter, key: KeyOf) -> Self {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        assert!(
            !name.is_empty() && name.len() <= 64 && name.bytes().all(fits),
            "the name of a limit has 1 to 64 letters, digits, `_`, `-` or `.`: {name:?}"
        );
        let policy = fields::policy(name, limiter.quotas());
        let limiter = Arc::new(limiter);
        let group = AddressGroup::default();
        Self(Arc::new(Rule { name, limiter, key, group, cost: 1, policy, counted: None }))
    }

    fn change(mut self, change: impl FnOnce(&mut Rule)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// How many units a request takes (1).
    #[must_use]
    pub fn cost(self, units: u32) -> Self {
        self.change(|rule| rule.cost = units)
    }

    /// Which addresses count as one.
    #[must_use]
    pub fn group_addresses(self, group: AddressGroup) -> Self {
        self.change(|rule| rule.group = group)
    }

    /// Counts `rate_limit_decisions_total{limit,outcome}`: `allowed`, `refused`, and `outage` where the limiter
    /// could not do its work.
    #[must_use]
    pub fn with_metrics(self, metrics: &Metrics) -> Self {
        let name = self.0.name;
        let of = |outcome| DECISIONS.of(metrics, [name, outcome]);
        let counted = Counted { allowed: of("allowed"), refused: of("refused"), outage: of("outage") };
        self.change(|rule| rule.counted = Some(counted))
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    fn waits_for_caller(&self) -> bool {
        matches!(self.0.key, KeyOf::Principal(_))
    }

    fn key(&self, head: &Parts, caller: Option<&Principal>) -> Option<String> {
        match (&self.0.key, caller) {
            (KeyOf::Head(key), _) => key(head),
            (KeyOf::Principal(key), Some(caller)) => key(caller),
            (KeyOf::Address | KeyOf::Principal(_), _) => Some(key::of_address(head, self.0.group)),
        }
    }

    async fn ask(&self, head: &Parts, caller: Option<&Principal>) -> Option<Decision> {
        // The key is made first: nothing of the request is held while the limiter is asked.
        let key = self.key(head, caller)?;
        let decision = self.0.limiter.check(&key, self.0.cost).await;
        if let Some(counted) = &self.0.counted {
            let counter = match &decision {
                Decision { outage: true, .. } => &counted.outage,
                Decision { allowed: true, .. } => &counted.allowed,
                Decision { allowed: false, .. } => &counted.refused,
            };
            counter.increment();
        }
        Some(decision)
    }
}

/// What the limits of a route have said to a request so far: the fields of its answer.
#[derive(Debug, Default)]
pub(crate) struct Told(HeaderMap);

impl Told {
    /// Asks the limits that need not know who calls.
    pub(crate) async fn ask_early(&mut self, limits: &[RateLimit], head: &Parts) -> Result<(), Problem> {
        for limit in limits.iter().filter(|limit| !limit.waits_for_caller()) {
            self.ask(limit, head, None).await?;
        }
        Ok(())
    }

    /// Asks the limits that count by the caller.
    pub(crate) async fn ask_late(
        &mut self,
        limits: &[RateLimit],
        head: &Parts,
        caller: Option<&Principal>,
    ) -> Result<(), Problem> {
        for limit in limits.iter().filter(|limit| limit.waits_for_caller()) {
            self.ask(limit, head, caller).await?;
        }
        Ok(())
    }

    pub(crate) async fn ask(
        &mut self,
        limit: &RateLimit,
        head: &Parts,
        caller: Option<&Principal>,
    ) -> Result<(), Problem> {
        let Some(decision) = limit.ask(head, caller).await else { return Ok(()) };
        if !decision.outage {
            let state = fields::state(limit.0.name, limit.0.limiter.quotas(), &decision);
            fields::add(&mut self.0, fields::RATELIMIT_POLICY, &limit.0.policy);
            fields::add(&mut self.0, fields::RATELIMIT, &state);
        }
        if decision.allowed {
            return Ok(());
        }
        let kind = if decision.outage { problems::UNAVAILABLE } else { problems::TOO_MANY_REQUESTS };
        let problem = Problem::new(kind);
        Err(match decision.retry_after {
            Some(wait) => problem.retry_after(wait),
            None => problem,
        })
    }

    /// Says it in the answer.
    pub(crate) fn tell(self, headers: &mut HeaderMap) {
        let mut name = None;
        for (next, value) in self.0 {
            name = next.or(name);
            if let Some(name) = &name {
                headers.append(name, value);
            }
        }
    }
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit")
            .field("name", &self.0.name)
            .field("policy", &self.0.policy)
            .finish_non_exhaustive()
    }
}
