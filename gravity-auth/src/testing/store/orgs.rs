//! Organisations: who is in, who comes, and who stays.

use std::time::Duration;

use futures_util::future::join_all;
use gravity_core::Id;

use super::fixture::{Fixture, RACERS, refused, tally};
use crate::domain::{EmailAddress, Invitation, Org, OrgRole, Purpose, RoleName, User, UserId, UserStatus};
use crate::store::{AuthStore, Change, OrgChange, Refused, Trail};

const MOST: u32 = 100;

pub(super) async fn run<S: AuthStore>(fixture: &Fixture<S>) {
    one_is_made_renamed_and_removed(fixture).await;
    nobody_is_in_more_than_they_may(fixture).await;
    an_invitation_is_good_once_for_who_has_the_address(fixture).await;
    of_many_who_accept_one_does(fixture).await;
    invitations_end(fixture).await;
    who_goes_takes_invitations_along(fixture).await;
    somebody_stays_owner(fixture).await;
    who_is_purged_leaves(fixture).await;
    who_acts_must_still_be_who_they_were(fixture).await;
    who_loses_their_role_meanwhile_invites_nobody(fixture).await;
}

fn change(change: OrgChange) -> Change {
    Change::Org(change)
}

async fn verified<S: AuthStore>(fixture: &Fixture<S>) -> User {
    let mut user = fixture.somebody();
    user.email_verified_at = Some(fixture.now());
    fixture.apply(super::fixture::add(&user)).await.unwrap();
    user
}

pub(super) fn new_org<S: AuthStore>(fixture: &Fixture<S>) -> Org {
    let (id, now) = (Id::new(&fixture.time.clock()), fixture.now());
    Org { id, name: "Žuki & Söhne 🦀".parse().unwrap(), created_at: now, updated_at: now }
}

async fn made<S: AuthStore>(fixture: &Fixture<S>, owner: &User) -> Org {
    let org = new_org(fixture);
    let add = OrgChange::Add { org: org.clone(), owner: owner.id, most: MOST };
    fixture.apply(change(add)).await.unwrap();
    org
}

fn invitation<S: AuthStore>(
    fixture: &Fixture<S>,
    org: &Org,
    by: UserId,
    email: &EmailAddress,
    role: OrgRole,
) -> Invitation {
    Invitation {
        id: Id::new(&fixture.time.clock()),
        org: org.id,
        email: email.clone(),
        role,
        mac: fixture.mac(Purpose::MagicLink, &fixture.unique()),
        invited_by: by,
        created_at: fixture.now(),
        expires_at: fixture.now().saturating_add(Duration::from_hours(1)),
    }
}

fn invite(invitation: &Invitation) -> Change {
    change(OrgChange::Invite { invitation: Box::new(invitation.clone()), most: 5 })
}

fn accept<S: AuthStore>(fixture: &Fixture<S>, invitation: &Invitation, user: UserId) -> Change {
    change(OrgChange::Accept { invitation: invitation.id, user, at: fixture.now(), most: MOST })
}

fn set(org: &Org, user: UserId, from: OrgRole, to: Option<OrgRole>) -> Change {
    change(OrgChange::SetMember { org: org.id, user, from, to })
}

async fn joined<S: AuthStore>(fixture: &Fixture<S>, org: &Org, by: &User, role: OrgRole) -> User {
    let user = verified(fixture).await;
    let invitation = invitation(fixture, org, by.id, &user.email, role);
    fixture.apply(invite(&invitation)).await.unwrap();
    fixture.apply(accept(fixture, &invitation, user.id)).await.unwrap();
    user
}

async fn role<S: AuthStore>(fixture: &Fixture<S>, org: &Org, user: &User) -> Option<OrgRole> {
    fixture.store.member(org.id, user.id).await.unwrap().map(|member| member.role)
}

async fn one_is_made_renamed_and_removed<S: AuthStore>(fixture: &Fixture<S>) {
    let ada = verified(fixture).await;
    let (first, mut second) = (made(fixture, &ada).await, made(fixture, &ada).await);
    assert_eq!(fixture.store.org(first.id).await.unwrap().as_ref(), Some(&first));
    let orgs = fixture.store.orgs_of(ada.id).await.unwrap();
    assert_eq!(orgs, [(second.clone(), OrgRole::Owner), (first.clone(), OrgRole::Owner)]);
    let bob = joined(fixture, &first, &ada, OrgRole::Member).await;
    let page = fixture.store.members(first.id, None, 1).await.unwrap();
    assert_eq!((page.items[0].user, page.items[0].role), (bob.id, OrgRole::Member), "the newest user");
    let rest = fixture.store.members(first.id, page.next.as_ref(), 1).await.unwrap();
    assert_eq!((rest.items[0].user, rest.next.is_none()), (ada.id, true));

    fixture.time.advance(Duration::from_secs(1));
    (second.name, second.updated_at) = ("other".parse().unwrap(), fixture.now());
    let rename = |org: &Org| {
        change(OrgChange::Rename { org: org.id, name: "other".parse().unwrap(), at: fixture.now() })
    };
    fixture.apply(rename(&second)).await.unwrap();
    assert_eq!(fixture.store.org(second.id).await.unwrap().as_ref(), Some(&second));
    let open = invitation(fixture, &first, ada.id, &verified(fixture).await.email, OrgRole::Member);
    fixture.apply(invite(&open)).await.unwrap();
    fixture.apply(change(OrgChange::Remove { org: first.id })).await.unwrap();
    for gone in [change(OrgChange::Remove { org: first.id }), rename(&first), invite(&open)] {
        refused!(fixture.apply(gone).await, Stale);
    }
    assert_eq!(fixture.store.org(first.id).await.unwrap(), None);
    assert_eq!(role(fixture, &first, &ada).await, None);
    assert_eq!(fixture.store.invitation_by(&[open.mac], fixture.now()).await.unwrap(), None);
    assert_eq!(fixture.store.orgs_of(ada.id).await.unwrap(), [(second, OrgRole::Owner)]);
}

async fn nobody_is_in_more_than_they_may<S: AuthStore>(fixture: &Fixture<S>) {
    let ada = verified(fixture).await;
    let racers = (0..RACERS).map(|_| {
        let add = OrgChange::Add { org: new_org(fixture), owner: ada.id, most: 3 };
        fixture.apply(change(add))
    });
    let outcomes = join_all(racers).await;
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let too_many = outcomes.iter().filter(|outcome| matches!(outcome, Err(Refused::TooMany))).count();
    assert_eq!((done, too_many), (3, RACERS - 3), "{outcomes:?}");
    let gone = Change::SetStatus { user: ada.id, to: UserStatus::Suspended, at: fixture.now() };
    fixture.apply(gone).await.unwrap();
    let add = OrgChange::Add { org: new_org(fixture), owner: ada.id, most: MOST };
    refused!(fixture.apply(change(add)).await, Stale);
}

async fn an_invitation_is_good_once_for_who_has_the_address<S: AuthStore>(fixture: &Fixture<S>) {
    let (ada, bob, eve) = (verified(fixture).await, verified(fixture).await, verified(fixture).await);
    let unverified = fixture.registered().await;
    let org = made(fixture, &ada).await;
    let open = invitation(fixture, &org, ada.id, &bob.email, OrgRole::Admin);
    fixture.apply(invite(&open)).await.unwrap();
    let found = fixture.store.invitation_by(std::slice::from_ref(&open.mac), fixture.now()).await.unwrap();
    assert_eq!(found.as_ref(), Some(&open));
    assert_eq!(fixture.store.invitations(org.id, fixture.now()).await.unwrap(), std::slice::from_ref(&open));
    refused!(fixture.apply(accept(fixture, &open, eve.id)).await, Stale);
    assert_eq!(role(fixture, &org, &eve).await, None);
    fixture.apply(accept(fixture, &open, bob.id)).await.unwrap();
    assert_eq!(role(fixture, &org, &bob).await, Some(OrgRole::Admin));
    refused!(fixture.apply(accept(fixture, &open, bob.id)).await, Stale);
    // Who is in is not invited again.
    let again = invitation(fixture, &org, ada.id, &bob.email, OrgRole::Owner);
    refused!(fixture.apply(invite(&again)).await, Exists);
    // Somebody has written down an address that they have not shown to be theirs.
    let theirs = invitation(fixture, &org, ada.id, &unverified.email, OrgRole::Member);
    fixture.apply(invite(&theirs)).await.unwrap();
    refused!(fixture.apply(accept(fixture, &theirs, unverified.id)).await, Stale);
    let (user, email, at) = (unverified.id, unverified.email.clone(), fixture.now());
    fixture.apply(Change::VerifyEmail { user, email, at }).await.unwrap();
    fixture.apply(accept(fixture, &theirs, unverified.id)).await.unwrap();
}

async fn of_many_who_accept_one_does<S: AuthStore>(fixture: &Fixture<S>) {
    let (ada, bob) = (verified(fixture).await, verified(fixture).await);
    let org = made(fixture, &ada).await;
    let open = invitation(fixture, &org, ada.id, &bob.email, OrgRole::Member);
    fixture.apply(invite(&open)).await.unwrap();
    let racers = (0..RACERS).map(|_| fixture.apply(accept(fixture, &open, bob.id)));
    assert_eq!(tally(join_all(racers).await), (1, RACERS - 1, 0));
    // Withdrawn or accepted: never both.
    for _ in 0..8 {
        let carol = verified(fixture).await;
        let open = invitation(fixture, &org, ada.id, &carol.email, OrgRole::Member);
        fixture.apply(invite(&open)).await.unwrap();
        let withdraw = change(OrgChange::Withdraw { org: org.id, invitation: open.id });
        let (accepted, withdrawn) =
            tokio::join!(fixture.apply(accept(fixture, &open, carol.id)), fixture.apply(withdraw));
        assert_ne!(accepted.is_ok(), withdrawn.is_ok());
        assert_eq!(role(fixture, &org, &carol).await.is_some(), accepted.is_ok());
    }
}

async fn invitations_end<S: AuthStore>(fixture: &Fixture<S>) {
    let (ada, bob) = (verified(fixture).await, verified(fixture).await);
    let (org, other) = (made(fixture, &ada).await, made(fixture, &ada).await);
    let first = invitation(fixture, &org, ada.id, &bob.email, OrgRole::Member);
    let second = invitation(fixture, &org, ada.id, &bob.email, OrgRole::Admin);
    fixture.apply(invite(&first)).await.unwrap();
    fixture.apply(invite(&second)).await.unwrap();
    refused!(fixture.apply(accept(fixture, &first, bob.id)).await, Stale);
    let withdraw = |org: &Org, id| change(OrgChange::Withdraw { org: org.id, invitation: id });
    refused!(fixture.apply(withdraw(&other, second.id)).await, Stale);
    assert_eq!(
        fixture.store.invitations(org.id, fixture.now()).await.unwrap(),
        std::slice::from_ref(&second)
    );
    let upper = bob.email.as_str().to_uppercase().parse().unwrap();
    let elsewhere = invitation(fixture, &other, ada.id, &bob.email, OrgRole::Member);
    fixture.apply(invite(&elsewhere)).await.unwrap();
    let to = async |email, limit| fixture.store.invitations_to(email, fixture.now(), limit).await.unwrap();
    assert_eq!(to(&upper, 10).await, [elsewhere.clone(), second.clone()]);
    assert_eq!(to(&bob.email, 1).await, [elsewhere]);
    assert_eq!(to(&ada.email, 10).await, []);
    fixture.apply(withdraw(&org, second.id)).await.unwrap();
    refused!(fixture.apply(withdraw(&org, second.id)).await, Stale);
    let third = invitation(fixture, &org, ada.id, &bob.email, OrgRole::Member);
    fixture.apply(invite(&third)).await.unwrap();
    fixture.time.advance(Duration::from_hours(1));
    refused!(fixture.apply(accept(fixture, &third, bob.id)).await, Stale);
    assert_eq!(fixture.store.invitations(org.id, fixture.now()).await.unwrap(), []);
    assert_eq!(fixture.store.invitations_to(&bob.email, fixture.now(), 10).await.unwrap(), []);
    let macs = [third.mac];
    assert_eq!(fixture.store.invitation_by(&macs, fixture.now()).await.unwrap(), None);
    // Those that have run out are forgotten, and then there is room.
    fixture.store.sweep(fixture.now(), fixture.now(), 1_000).await.unwrap();
    let racers = (0..RACERS).map(|racer| {
        let email = super::fixture::email(&format!("i{racer}.{}", fixture.unique()));
        let invitation = invitation(fixture, &org, ada.id, &email, OrgRole::Member);
        async move { fixture.apply(invite(&invitation)).await }
    });
    let outcomes = join_all(racers).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 5, "{outcomes:?}");
}

async fn who_goes_takes_invitations_along<S: AuthStore>(fixture: &Fixture<S>) {
    let ada = verified(fixture).await;
    let org = made(fixture, &ada).await;
    for to in [None, Some(OrgRole::Member)] {
        let (bob, carol) = (joined(fixture, &org, &ada, OrgRole::Admin).await, verified(fixture).await);
        let open = invitation(fixture, &org, bob.id, &carol.email, OrgRole::Admin);
        fixture.apply(invite(&open)).await.unwrap();
        fixture.apply(set(&org, bob.id, OrgRole::Admin, to)).await.unwrap();
        assert_eq!(role(fixture, &org, &bob).await, to);
        refused!(fixture.apply(accept(fixture, &open, carol.id)).await, Stale);
    }
}

async fn somebody_stays_owner<S: AuthStore>(fixture: &Fixture<S>) {
    let ada = verified(fixture).await;
    let org = made(fixture, &ada).await;
    let own = OrgRole::Owner;
    for to in [None, Some(OrgRole::Admin), Some(OrgRole::Member)] {
        refused!(fixture.apply(set(&org, ada.id, own, to)).await, LastOwner);
    }
    refused!(fixture.apply(set(&org, ada.id, OrgRole::Admin, None)).await, Stale);
    // One who is suspended cannot look after it.
    let suspended = joined(fixture, &org, &ada, own).await;
    let status = Change::SetStatus { user: suspended.id, to: UserStatus::Suspended, at: fixture.now() };
    fixture.apply(status).await.unwrap();
    refused!(fixture.apply(set(&org, ada.id, own, None)).await, LastOwner);
    // Many leave or are put down at once.
    let mut owners = vec![ada];
    for _ in 0..5 {
        owners.push(joined(fixture, &org, &owners[0], own).await);
    }
    let leave = owners
        .iter()
        .flat_map(|owner| [set(&org, owner.id, own, None), set(&org, owner.id, own, Some(OrgRole::Member))]);
    let outcomes = join_all(leave.map(|change| fixture.apply(change))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), owners.len() - 1, "{outcomes:?}");
    let kept = outcomes.iter().filter(|outcome| matches!(outcome, Err(Refused::LastOwner))).count();
    assert_eq!(kept, 2, "{outcomes:?}");
}

async fn who_is_purged_leaves<S: AuthStore>(fixture: &Fixture<S>) {
    let ada = verified(fixture).await;
    let org = made(fixture, &ada).await;
    let (bob, carol) = (joined(fixture, &org, &ada, OrgRole::Admin).await, verified(fixture).await);
    let open = invitation(fixture, &org, bob.id, &carol.email, OrgRole::Member);
    fixture.apply(invite(&open)).await.unwrap();
    let other = made(fixture, &ada).await;
    let (theirs, anothers) = (
        invitation(fixture, &other, ada.id, &bob.email, OrgRole::Admin),
        invitation(fixture, &other, ada.id, &carol.email, OrgRole::Admin),
    );
    for open in [&theirs, &anothers] {
        fixture.apply(invite(open)).await.unwrap();
    }
    let set = |to| Change::SetStatus { user: bob.id, to, at: fixture.now() };
    let listed = async || fixture.store.members(org.id, None, 10).await.unwrap().items.len();
    fixture.apply(set(UserStatus::Suspended)).await.unwrap();
    assert_eq!((role(fixture, &org, &bob).await, listed().await), (Some(OrgRole::Admin), 2));
    refused!(fixture.apply(accept(fixture, &open, carol.id)).await, Stale);
    fixture.apply(set(UserStatus::Deleted)).await.unwrap();
    assert_eq!(listed().await, 1);
    let (user, at) = (bob.id, fixture.now());
    let before = at.saturating_sub(Duration::from_secs(1));
    fixture.apply(Change::Restore { user, deleted_after: before, at }).await.unwrap();
    assert_eq!((role(fixture, &org, &bob).await, listed().await), (Some(OrgRole::Admin), 2), "they are back");
    fixture.apply(set(UserStatus::Deleted)).await.unwrap();
    fixture.apply(Change::Purge { user, deleted_until: at, at }).await.unwrap();
    assert_eq!((role(fixture, &org, &bob).await, listed().await), (None, 1));
    // Nor does an invitation say any more what their address was.
    assert_eq!(fixture.store.invitations(other.id, fixture.now()).await.unwrap(), [anothers]);
}

fn act(org: &Org, user: UserId, least: OrgRole, or: Option<RoleName>) -> Change {
    change(OrgChange::Act { org: org.id, user, least, or })
}

async fn who_acts_must_still_be_who_they_were<S: AuthStore>(fixture: &Fixture<S>) {
    let (ada, eve) = (verified(fixture).await, verified(fixture).await);
    let org = made(fixture, &ada).await;
    let bob = joined(fixture, &org, &ada, OrgRole::Admin).await;
    for (user, most) in [(&ada, Some(OrgRole::Owner)), (&bob, Some(OrgRole::Admin)), (&eve, None)] {
        for least in OrgRole::ALL {
            let outcome = fixture.apply(act(&org, user.id, least, None)).await;
            assert_eq!(outcome.is_ok(), most >= Some(least), "{least:?}: {outcome:?}");
        }
    }
    // Who looks after all is in none of them.
    let or = |role: &RoleName| Some(role.clone());
    fixture.apply(act(&org, eve.id, OrgRole::Owner, or(&eve.role))).await.unwrap();
    refused!(fixture.apply(act(&org, eve.id, OrgRole::Member, or(&RoleName::ADMIN))).await, Stale);
    refused!(fixture.apply(act(&new_org(fixture), eve.id, OrgRole::Member, or(&eve.role))).await, Stale);
    for user in [&bob, &eve] {
        let status = Change::SetStatus { user: user.id, to: UserStatus::Suspended, at: fixture.now() };
        fixture.apply(status).await.unwrap();
        refused!(fixture.apply(act(&org, user.id, OrgRole::Member, or(&user.role))).await, Stale);
    }
}

/// Somebody invites their second account while they are put down, taken out or suspended.
async fn who_loses_their_role_meanwhile_invites_nobody<S: AuthStore>(fixture: &Fixture<S>) {
    let (ada, none) = (verified(fixture).await, Trail::NONE);
    for round in 0..12 {
        let org = made(fixture, &ada).await;
        let bob = joined(fixture, &org, &ada, OrgRole::Admin).await;
        let at = fixture.now();
        let (or, end) = match round % 4 {
            0 => (None, set(&org, bob.id, OrgRole::Admin, Some(OrgRole::Member))),
            1 => (None, set(&org, bob.id, OrgRole::Admin, None)),
            2 => (None, Change::SetStatus { user: bob.id, to: UserStatus::Suspended, at }),
            _ => {
                let status = Change::SetStatus { user: bob.id, to: UserStatus::Suspended, at };
                (Some(bob.role.clone()), status)
            }
        };
        let invited = (0..4).map(|_| {
            let email = super::fixture::email(&fixture.unique());
            let open = invitation(fixture, &org, bob.id, &email, OrgRole::Admin);
            [act(&org, bob.id, OrgRole::Admin, or.clone()), invite(&open)]
        });
        let invited: Vec<_> = invited.collect();
        let inviting = join_all(invited.iter().map(|changes| fixture.store.apply(changes, &none)));
        let (outcomes, ended) = tokio::join!(inviting, fixture.apply(end));
        ended.unwrap();
        let stale = |outcome: &Result<(), Refused>| matches!(outcome, Ok(()) | Err(Refused::Stale));
        assert!(outcomes.iter().all(stale), "{outcomes:?}");
        let left = fixture.store.invitations(org.id, fixture.now()).await.unwrap();
        assert_eq!(left, [], "{round}: {outcomes:?}");
    }
}
