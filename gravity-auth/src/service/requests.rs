//! The workers: what was asked for is looked up and done, and mail is sent.

use gravity_core::Id;
use gravity_core::audit::Origin;
use gravity_core::jobs::{Failure, Job as _, JobNode, JobStore, Queue};

use super::outbox::{Addressed, Asked, Letter, MailJob, QUEUE, RequestJob, What};
use super::tokens::is_active;
use crate::domain::{Purpose, User};
use crate::hooks::Hooks as _;
use crate::store::{Change, Refused};
use crate::{Auth, AuthError, mail};

impl Auth {
    /// Gives a node of jobs the work of sign-in, beside that of the application: for those who run one node for
    /// all. [`run_until`](Self::run_until) runs one of its own.
    pub fn workers<S: JobStore>(&self, node: JobNode<S>) -> JobNode<S> {
        let (asked, sent) = (self.clone(), self.clone());
        node.with_queue(Queue::new(QUEUE))
            .with_worker(move |job: RequestJob, _| {
                let auth = asked.clone();
                async move { auth.answer(job).await.map_err(Failure::from) }
            })
            .with_worker(move |job: MailJob, _| {
                let auth = sent.clone();
                async move { auth.deliver(job).await.map_err(Failure::from) }
            })
    }

    async fn deliver(&self, job: MailJob) -> Result<(), AuthError> {
        let addressed: Addressed = self.unseal(MailJob::KIND, &job.id, &job.sealed).await?;
        let message = mail::compose(&self.0.config.settings, job.id, addressed);
        Ok(self.0.config.delivery.send(&message).await?)
    }

    /// Does what somebody has asked for. It may be called again for the same: the id of its mail keeps it from being
    /// done twice.
    async fn answer(&self, job: RequestJob) -> Result<(), AuthError> {
        let asked: Asked = self.unseal(RequestJob::KIND, &job.id, &job.sealed).await?;
        if matches!(asked.what, What::Refused { is_right: false }) {
            return Ok(());
        }
        let found = self.store().by_email(&asked.email).await?.map(|(user, _)| user);
        let done = match (&asked.what, found) {
            (What::Register { user, password }, None) => self.add(&asked, user, password).await,
            (What::Register { .. }, Some(user)) if user.email_verified_at.is_some() || !is_active(&user) => {
                let letter = self.letter(job.id, &user.email, Letter::AlreadyRegistered).await?;
                let trail = self.record(&Origin::default()).job(letter)?.trail();
                self.store().record(&trail).await.map_err(AuthError::from)
            }
            (What::Refused { .. }, Some(user)) if !self.may_remind(&user).await => Ok(()),
            (_, Some(user)) if is_active(&user) => self.issue(&asked, &user).await,
            (_, _) => Ok(()),
        };
        match done {
            // It was done before, or the account has ceased to be one that mail goes to.
            Err(AuthError::Conflict) => Ok(()),
            done => done,
        }
    }

    async fn add(&self, asked: &Asked, user: &User, password: &str) -> Result<(), AuthError> {
        let mut user = user.clone();
        let letter = Letter::VerifyEmail { token: asked.secret.clone() };
        let ticket = self.ticket(asked.id, &user, Purpose::VerifyEmail, &asked.secret);
        loop {
            let letter = self.letter(asked.id.to_string(), &user.email, letter.clone()).await?;
            let trail = self.registered(&user, &asked.origin)?.job(letter)?.trail();
            let add = Change::AddUser { user: user.clone(), password: Some(password.into()) };
            match self.store().apply(&[add, Change::IssueTicket(ticket.clone())], &trail).await {
                // Somebody took the name meanwhile: they choose another one later.
                Err(Refused::NameTaken) if user.user_name.is_some() => user.user_name = None,
                // Somebody registered the address meanwhile: asked again, it is known.
                outcome => {
                    outcome?;
                    self.hooks().after_sign_up(&user).await;
                    return Ok(());
                }
            }
        }
    }

    async fn issue(&self, asked: &Asked, user: &User) -> Result<(), AuthError> {
        let secret = || asked.secret.clone();
        let (purpose, letter) = match &asked.what {
            What::VerifyEmail | What::Refused { .. } if user.email_verified_at.is_some() => return Ok(()),
            What::VerifyEmail | What::Refused { .. } => {
                (Purpose::VerifyEmail, Letter::VerifyEmail { token: secret() })
            }
            // Whoever made the account before may be somebody else: the password is that of whom mail reaches.
            What::Register { .. } => (Purpose::ResetPassword, Letter::NeverConfirmed { token: secret() }),
            What::ResetPassword => (Purpose::ResetPassword, Letter::ResetPassword { token: secret() }),
            What::MagicLink => (Purpose::MagicLink, Letter::MagicLink { token: secret() }),
            What::EmailCode => (Purpose::EmailCode, Letter::EmailCode { code: secret() }),
        };
        // Of one job that is done again the letter is the same, and refused. The ticket may be of another kind by then.
        let ticket = self.ticket(Id::new(self.clock()), user, purpose, &asked.secret);
        let letter = self.letter(asked.id.to_string(), &user.email, letter).await?;
        let trail = self.record(&Origin::default()).job(letter)?.trail();
        Ok(self.store().apply(&[Change::IssueTicket(ticket)], &trail).await?)
    }
}
