//! Makes changes, each by its own rule.

use gravity_core::db::{Engine, Query, Tx};

use super::sessions::Work;
use super::{accounts, api_keys, factors, orgs, passkeys, people, roles, tickets, users};
use crate::store::{Change, Refused};

/// Makes one change. After a refusal the transaction is to be rolled back.
#[expect(clippy::too_many_lines, reason = "it is the table of all changes")]
pub(super) async fn apply(tx: &mut Tx<'_>, sessions: &mut Work<'_>, change: &Change) -> Result<(), Refused> {
    match change {
        Change::AddUser { user, password } => {
            roles::hold(tx, &user.role).await?;
            users::add(tx, user, password.as_ref()).await
        }
        Change::Rename { user, user_name, first_name, last_name, at } => {
            users::rename(tx, *user, user_name.as_ref(), first_name.as_ref(), last_name.as_ref(), *at).await
        }
        Change::VerifyEmail { user, email, at } => users::verify_email(tx, *user, email, *at).await,
        Change::ChangeEmail { user, from, to, at } => {
            users::change_email(tx, *user, from, to, *at).await?;
            tickets::void_all(tx, *user).await
        }
        Change::SetStatus { user, to, at } => {
            let Some(reason) = users::set_status(tx, *user, *to, *at).await? else { return Ok(()) };
            sessions.end_all(tx, *user, None, reason, *at).await?;
            tickets::void_all(tx, *user).await?;
            api_keys::remove_all(tx, *user).await?;
            orgs::withdraw_all(tx, *user).await?;
            factors::void_challenges_and_devices(tx, *user).await
        }
        Change::SetRole { user, from, to, at } => {
            roles::hold(tx, to).await?;
            users::set_role(tx, *user, from, to, *at).await?;
            roles::reassigned(tx, *user, *at).await
        }
        Change::SetPassword { user, from, to, keep, reason, at } => {
            users::set_password(tx, *user, from.as_ref(), to.as_ref(), *at).await?;
            sessions.end_all(tx, *user, *keep, *reason, *at).await?;
            tickets::void_by_password(tx, *user).await?;
            factors::void_challenges_and_devices(tx, *user).await
        }
        Change::Rehash { user, from, to } => users::rehash(tx, *user, from, to).await,
        Change::StartSession { session, password, most } => {
            users::lock_active(tx, session.user, password.as_ref()).await?;
            sessions.start(tx, session, *most).await
        }
        Change::EndSession { user, session, reason, at } => {
            sessions.end(tx, *user, *session, *reason, *at).await
        }
        Change::EndSessions { user, keep, reason, at } => {
            sessions.end_all(tx, *user, *keep, *reason, *at).await
        }
        Change::NameSession { user, session, name, at } => {
            sessions.name(tx, *user, *session, name.as_deref(), *at).await
        }
        Change::Key(change) => api_keys::change(tx, change).await,
        Change::Role(change) => roles::change(tx, change).await,
        Change::Org(change) => orgs::change(tx, change).await,
        Change::IssueTicket(ticket) => {
            users::lock_active(tx, ticket.user, None).await?;
            tickets::issue(tx, ticket).await
        }
        Change::RedeemTicket { ticket, purpose, at } => tickets::redeem(tx, *ticket, *purpose, *at).await,
        Change::Holds { user, role } => people::holds(tx, *user, role).await,
        Change::SetProfile { user, version, profile, preferences } => {
            people::set_profile(tx, *user, *version, profile, preferences).await
        }
        Change::Follow { follower, followee, state, at } => {
            people::follow(tx, *follower, *followee, *state, *at).await
        }
        Change::AcceptFollow { follower, followee, at } => {
            people::accept_follow(tx, *follower, *followee, *at).await
        }
        Change::Unfollow { follower, followee } => people::unfollow(tx, *follower, *followee).await,
        Change::Note(activity) => people::note(tx, activity).await,
        Change::Restore { user, deleted_after, at } => people::restore(tx, *user, *deleted_after, *at).await,
        Change::Purge { user, deleted_until, at } => {
            people::purge(tx, *user, *deleted_until, *at).await?;
            sessions.forget(tx, *user).await
        }
        Change::ProveSession { user, session, methods, at } => {
            sessions.prove(tx, *user, *session, methods, *at).await
        }
        Change::BindSession { user, session, key, at } => sessions.bind(tx, *user, *session, key, *at).await,
        Change::OfferTotp(totp) => {
            users::lock_active(tx, totp.user, None).await?;
            factors::offer_totp(tx, totp).await
        }
        Change::ConfirmTotp { user, sealed, step, at } => {
            factors::confirm_totp(tx, *user, sealed, *step, *at).await
        }
        Change::UseTotp { user, step } => factors::use_totp(tx, *user, *step).await,
        Change::RemoveTotp { user } => factors::remove_totp(tx, *user).await,
        Change::SetRecoveryCodes { user, macs } => {
            users::lock_active(tx, *user, None).await?;
            factors::set_recovery_codes(tx, *user, macs).await
        }
        Change::UseRecoveryCode { user, macs } => factors::use_recovery_code(tx, *user, macs).await,
        Change::OpenChallenge { challenge, password } => {
            users::lock_active(tx, challenge.user, password.as_ref()).await?;
            factors::open_challenge(tx, challenge).await
        }
        Change::CloseChallenge { challenge, kind, at } => {
            factors::close_challenge(tx, *challenge, *kind, *at).await
        }
        Change::RememberDevice { device, most } => {
            users::lock_active(tx, device.user, None).await?;
            factors::remember_device(tx, device, *most).await
        }
        Change::Account(change) => accounts::change(tx, change).await,
        Change::Spend { mark, until } => accounts::spend(tx, mark, *until).await,
        Change::ForgetDevice { user, device } => factors::forget_device(tx, *user, *device).await,
        Change::Passkey(change) => passkeys::change(tx, change).await,
    }
}

/// Runs a statement whose condition is the rule of a change: it finds its row, or the change is refused.
pub(super) async fn one_row(query: Query<'_>) -> Result<(), Refused> {
    if query.execute().await? == 1 { Ok(()) } else { Err(Refused::Stale) }
}

/// Locks the rows that a query reads until the transaction ends. SQLite has one writer at a time anyway.
pub(super) fn for_update(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => " FOR NO KEY UPDATE",
        Engine::Sqlite => "",
    }
}
