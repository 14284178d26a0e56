//! Holds back who tries too often.

use std::net::IpAddr;

use gravity_core::Id;
use gravity_core::audit::Origin;
use gravity_core::limits::{AddressGroup, RateLimiter};

use crate::domain::{User, UserId};
use crate::{Auth, AuthError};

/// The context of keys, which show nothing of what they stand for.
const CONTEXT: &str = "auth.throttle";

impl Auth {
    /// The attempt to sign in to an account, before it is known whether there is one. What is taken here is given
    /// back by [`succeeded`](Self::succeeded).
    pub(crate) async fn attempt(&self, account: &str, origin: &Origin) -> Result<(), AuthError> {
        let throttles = &self.0.config.throttles;
        self.take(&*throttles.network, &network(origin)).await?;
        self.take(&*throttles.sign_in, &format!("{account}\0{}", network(origin))).await
    }

    /// The attempt of an account against the limit for the whole world, which does not hold who comes from where
    /// the user is signed in already.
    pub(crate) async fn attempt_from_anywhere(
        &self,
        account: &str,
        user: Option<UserId>,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        let held = match self.take(&*self.0.config.throttles.account, account).await {
            Ok(()) => return Ok(()),
            Err(held) => held,
        };
        let here = network(origin);
        // For nobody the same is looked up as for somebody, and not found.
        let user = user.unwrap_or_else(|| Id::new(self.clock()));
        let sessions = self.store().sessions(user, self.now(), None, 100).await?;
        let is_known = sessions.items.iter().any(|session| {
            let address = session.client.address.as_deref().and_then(|address| address.parse().ok());
            address.is_some_and(|address| network_of(Some(address)) == here)
        });
        if is_known && origin.address.is_some() { Ok(()) } else { Err(held) }
    }

    /// Takes back what an attempt has taken that was none.
    pub(crate) async fn succeeded(&self, account: &str, origin: &Origin) {
        let throttles = &self.0.config.throttles;
        let from_here = format!("{account}\0{}", network(origin));
        for (limiter, key) in [
            (&throttles.network, network(origin)),
            (&throttles.sign_in, from_here),
            (&throttles.account, account.to_owned()),
        ] {
            let _ = limiter.refund(&self.throttle_key(&key), 1).await;
        }
    }

    /// A request for mail to this address.
    pub(crate) async fn request(&self, address: &str, origin: &Origin) -> Result<(), AuthError> {
        let throttles = &self.0.config.throttles;
        self.take(&*throttles.requests, &network(origin)).await?;
        self.take(&*throttles.mail, &format!("{address}\0{}", network(origin))).await?;
        self.take(&*throttles.mailbox, address).await
    }

    /// Whether somebody who was not let in may be reminded once more. It is counted apart: nobody sees it.
    pub(crate) async fn may_remind(&self, user: &User) -> bool {
        let key = format!("reminded\0{}", user.email.key());
        self.take(&*self.0.config.throttles.mail, &key).await.is_ok()
    }

    /// An attempt of somebody of whom nothing is known but where they come from.
    pub(crate) async fn take_network(&self, origin: &Origin) -> Result<(), AuthError> {
        self.take(&*self.0.config.throttles.network, &network(origin)).await
    }

    /// Takes back what such an attempt has taken.
    pub(crate) async fn refund_network(&self, origin: &Origin) {
        let _ = self.0.config.throttles.network.refund(&self.throttle_key(&network(origin)), 1).await;
    }

    async fn take(&self, limiter: &dyn RateLimiter, key: &str) -> Result<(), AuthError> {
        let decision = limiter.check(&self.throttle_key(key), 1).await;
        if decision.allowed {
            return Ok(());
        }
        Err(AuthError::TooManyAttempts { retry_after: decision.retry_after })
    }

    fn throttle_key(&self, key: &str) -> String {
        self.0.macs.sign(CONTEXT, key).to_string()
    }
}

fn network(origin: &Origin) -> String {
    network_of(origin.address)
}

fn network_of(address: Option<IpAddr>) -> String {
    address.map_or_else(|| "nowhere".to_owned(), |address| AddressGroup::default().of(address).to_string())
}
