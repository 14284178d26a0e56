//! Tickets: one of a purpose, good once, for a while, and for few guesses.

use std::time::Duration;

use futures_util::future::join_all;

use super::Told;
use super::fixture::{Fixture, RACERS, refused, tally};
use super::trails::told_all;
use crate::domain::{Purpose, Ticket};
use crate::store::{AuthStore, Change, Trail};

pub(super) async fn run<S: AuthStore>(fixture: &Fixture<S>, recorded: &impl AsyncFn(&Told) -> bool) {
    a_ticket_is_found_by_its_secret_and_purpose(fixture).await;
    a_new_one_voids_the_old(fixture).await;
    of_many_one_redeems_it(fixture).await;
    it_runs_out(fixture).await;
    guesses_are_counted(fixture).await;
    racing_guesses_are_counted(fixture).await;
    of_wrong_guesses_it_is_told(fixture, recorded).await;
}

impl<S: AuthStore> Fixture<S> {
    async fn issued(&self, purpose: Purpose, secret: &str) -> Ticket {
        let user = self.registered().await;
        let ticket = self.ticket(&user, purpose, secret);
        self.apply(Change::IssueTicket(ticket.clone())).await.unwrap();
        ticket
    }

    async fn find(&self, purpose: Purpose, ticket: &Ticket) -> Option<Ticket> {
        // An earlier key's checksum comes first, as after the key was replaced.
        let macs = [self.mac(purpose, "of another key"), ticket.mac.clone()];
        self.store.ticket(purpose, &macs, self.now()).await.unwrap()
    }

    async fn guess(&self, ticket: &Ticket, secret: &str) -> Option<Ticket> {
        let macs = [self.mac(ticket.purpose, secret)];
        self.store.guess(ticket.purpose, ticket.user, &macs, self.now(), &Trail::NONE).await.unwrap()
    }
}

fn redeem<S: AuthStore>(fixture: &Fixture<S>, ticket: &Ticket) -> Change {
    Change::RedeemTicket { ticket: ticket.id, purpose: ticket.purpose, at: fixture.now() }
}

async fn a_ticket_is_found_by_its_secret_and_purpose<S: AuthStore>(fixture: &Fixture<S>) {
    let secret = fixture.unique();
    let ticket = fixture.issued(Purpose::VerifyEmail, &secret).await;
    assert_eq!(fixture.find(Purpose::VerifyEmail, &ticket).await.as_ref(), Some(&ticket));
    assert_eq!(fixture.find(Purpose::ResetPassword, &ticket).await, None);
    assert_eq!(fixture.store.ticket(Purpose::VerifyEmail, &[], fixture.now()).await.unwrap(), None);
    let other = Change::RedeemTicket { ticket: ticket.id, purpose: Purpose::MagicLink, at: fixture.now() };
    refused!(fixture.apply(other).await, Stale);
    assert!(fixture.find(Purpose::VerifyEmail, &ticket).await.is_some());
}

async fn a_new_one_voids_the_old<S: AuthStore>(fixture: &Fixture<S>) {
    let user = fixture.registered().await;
    let [old, new, beside] = [
        fixture.ticket(&user, Purpose::MagicLink, &fixture.unique()),
        fixture.ticket(&user, Purpose::MagicLink, &fixture.unique()),
        fixture.ticket(&user, Purpose::VerifyEmail, &fixture.unique()),
    ];
    for ticket in [&beside, &old, &new] {
        fixture.apply(Change::IssueTicket(ticket.clone())).await.unwrap();
    }
    assert_eq!(fixture.find(Purpose::MagicLink, &old).await, None);
    refused!(fixture.apply(redeem(fixture, &old)).await, Stale);
    assert!(fixture.find(Purpose::MagicLink, &new).await.is_some());
    assert!(fixture.find(Purpose::VerifyEmail, &beside).await.is_some());
    // Of those who ask at once, each gets mail, and one link works.
    let asked: Vec<_> =
        (0..RACERS).map(|_| fixture.ticket(&user, Purpose::MagicLink, &fixture.unique())).collect();
    let outcomes =
        join_all(asked.iter().map(|ticket| fixture.apply(Change::IssueTicket(ticket.clone())))).await;
    assert_eq!(tally(outcomes), (RACERS, 0, 0));
    let found = join_all(asked.iter().map(|ticket| fixture.find(Purpose::MagicLink, ticket))).await;
    assert_eq!(found.into_iter().flatten().count(), 1);
}

async fn of_many_one_redeems_it<S: AuthStore>(fixture: &Fixture<S>) {
    let ticket = fixture.issued(Purpose::ResetPassword, &fixture.unique()).await;
    let outcomes = join_all((0..RACERS).map(|_| fixture.apply(redeem(fixture, &ticket)))).await;
    assert_eq!(tally(outcomes), (1, RACERS - 1, 0));
    assert_eq!(fixture.find(Purpose::ResetPassword, &ticket).await, None);
}

async fn it_runs_out<S: AuthStore>(fixture: &Fixture<S>) {
    let secret = fixture.unique();
    let ticket = fixture.issued(Purpose::EmailCode, &secret).await;
    fixture.time.set(ticket.expires_at.saturating_sub(Duration::from_micros(1)));
    assert!(fixture.find(Purpose::EmailCode, &ticket).await.is_some());
    fixture.time.set(ticket.expires_at);
    assert_eq!(fixture.find(Purpose::EmailCode, &ticket).await, None);
    assert_eq!(fixture.guess(&ticket, &secret).await, None);
    refused!(fixture.apply(redeem(fixture, &ticket)).await, Stale);
    assert!(fixture.store.sweep(fixture.now(), fixture.now(), 1000).await.unwrap() > 0);
}

async fn guesses_are_counted<S: AuthStore>(fixture: &Fixture<S>) {
    let ticket = fixture.issued(Purpose::EmailCode, "123456").await;
    for wrong in ["000000", "123457", "", "1234567"] {
        assert_eq!(fixture.guess(&ticket, wrong).await, None);
    }
    let right = fixture.guess(&ticket, "123456").await.unwrap();
    assert_eq!((right.id, right.guesses_left), (ticket.id, 1));
    assert!(fixture.guess(&ticket, "123456").await.is_some(), "to know it is not to use it");
    assert_eq!(fixture.guess(&ticket, "999999").await, None);
    assert_eq!(fixture.guess(&ticket, "123456").await, None, "that was one too many");
    // A code is its user's.
    let theirs = fixture.issued(Purpose::EmailCode, "555555").await;
    let other = fixture.registered().await;
    let macs = [theirs.mac.clone()];
    let (now, none) = (fixture.now(), &Trail::NONE);
    assert_eq!(fixture.store.guess(Purpose::EmailCode, other.id, &macs, now, none).await.unwrap(), None);
    assert!(fixture.guess(&theirs, "555555").await.is_some());
}

async fn racing_guesses_are_counted<S: AuthStore>(fixture: &Fixture<S>) {
    let ticket = fixture.issued(Purpose::EmailCode, "424242").await;
    let wrong: Vec<String> = (0..RACERS).map(|racer| format!("{racer:06}")).collect();
    join_all(wrong.iter().map(|guess| fixture.guess(&ticket, guess))).await;
    assert_eq!(fixture.guess(&ticket, "424242").await, None, "five guesses, however fast they come");
}

/// A wrong guess is written down where there is a ticket, and where there is none; a right one is not.
async fn of_wrong_guesses_it_is_told<S: AuthStore>(
    fixture: &Fixture<S>,
    recorded: &impl AsyncFn(&Told) -> bool,
) {
    let ticket = fixture.issued(Purpose::EmailCode, "314159").await;
    let nobody = fixture.somebody();
    for (user, secret, is_told) in
        [(ticket.user, "314159", false), (ticket.user, "271828", true), (nobody.id, "271828", true)]
    {
        let (trail, told) = fixture.trail("code.wrong");
        let macs = [fixture.mac(Purpose::EmailCode, secret)];
        let guess =
            fixture.store.guess(Purpose::EmailCode, user, &macs, fixture.now(), &trail).await.unwrap();
        assert_eq!((guess.is_none(), told_all(recorded, &told).await), (is_told, is_told), "{secret}");
    }
}
