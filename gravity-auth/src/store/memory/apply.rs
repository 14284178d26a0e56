//! Makes changes, each by its own rule.

use super::state::State;
use crate::store::{Change, Refused};

impl State {
    /// Makes one change. After a refusal the state is to be thrown away.
    pub(super) fn apply(&mut self, change: &Change) -> Result<(), Refused> {
        match change {
            Change::AddUser { user, password } => self.add_user(user, password.as_ref()),
            Change::Rename { user, user_name, first_name, last_name, at } => {
                let account = self.renamed(*user, user_name.as_ref(), *at)?;
                account.first_name.clone_from(first_name);
                account.last_name.clone_from(last_name);
                Ok(())
            }
            Change::VerifyEmail { user, email, at } => self.verify_email(*user, email, *at),
            Change::ChangeEmail { user, from, to, at } => self.change_email(*user, from, to, *at),
            Change::SetStatus { user, to, at } => self.set_status(*user, *to, *at),
            Change::SetRole { user, from, to, at } => self.set_role(*user, from, to, *at),
            Change::SetPassword { user, from, to, keep, reason, at } => {
                self.set_password(*user, from.as_ref(), to.as_ref(), *at)?;
                self.end_sessions(*user, *keep, *reason, *at);
                self.void_tickets_by_password(*user);
                self.void_challenges_and_devices(*user);
                Ok(())
            }
            Change::Rehash { user, from, to } => self.rehash(*user, from, to),
            Change::StartSession { session, password, most } => {
                self.start_session(session, password.as_ref(), *most)
            }
            Change::EndSession { user, session, reason, at } => {
                self.end_session(*user, *session, *reason, *at)
            }
            Change::EndSessions { user, keep, reason, at } => {
                self.end_sessions(*user, *keep, *reason, *at);
                Ok(())
            }
            Change::NameSession { user, session, name, at } => {
                self.live_session(*user, *session, *at)?.client.name.clone_from(name);
                Ok(())
            }
            Change::Key(change) => self.change_key(change),
            Change::Role(change) => self.change_role(change),
            Change::Org(change) => self.change_org(change),
            Change::IssueTicket(ticket) => self.issue_ticket(ticket),
            Change::RedeemTicket { ticket, purpose, at } => self.redeem_ticket(*ticket, *purpose, *at),
            Change::Holds { user, role } => self.holds(*user, role),
            Change::SetProfile { user, version, profile, preferences } => {
                self.set_profile(*user, *version, profile, preferences)
            }
            Change::Follow { follower, followee, state, at } => {
                self.follow(*follower, *followee, *state, *at)
            }
            Change::AcceptFollow { follower, followee, at } => self.accept_follow(*follower, *followee, *at),
            Change::Unfollow { follower, followee } => self.unfollow(*follower, *followee),
            Change::Note(activity) => self.note(activity),
            Change::Restore { user, deleted_after, at } => self.restore(*user, *deleted_after, *at),
            Change::Purge { user, deleted_until, at } => self.purge(*user, *deleted_until, *at),
            Change::ProveSession { user, session, methods, at } => {
                self.prove_session(*user, *session, methods, *at)
            }
            Change::BindSession { user, session, key, at } => self.bind_session(*user, *session, key, *at),
            Change::OfferTotp(totp) => self.offer_totp(totp),
            Change::ConfirmTotp { user, sealed, step, at } => self.confirm_totp(*user, sealed, *step, *at),
            Change::UseTotp { user, step } => self.use_totp(*user, *step),
            Change::RemoveTotp { user } => self.remove_totp(*user),
            Change::SetRecoveryCodes { user, macs } => self.set_recovery_codes(*user, macs),
            Change::UseRecoveryCode { user, macs } => self.use_recovery_code(*user, macs),
            Change::OpenChallenge { challenge, password } => {
                self.open_challenge(challenge, password.as_ref())
            }
            Change::CloseChallenge { challenge, kind, at } => self.close_challenge(*challenge, *kind, *at),
            Change::RememberDevice { device, most } => self.remember_device(device, *most),
            Change::Account(change) => self.change_account(change),
            Change::Spend { mark, until } => self.spend(mark, *until),
            Change::ForgetDevice { user, device } => self.forget_device(*user, *device),
            Change::Passkey(change) => self.change_passkey(change),
        }
    }
}
