//! How nodes divide the lanes of a subscriber.

use std::collections::HashSet;

use uuid::Uuid;

use crate::events::state::{LaneState, View};

/// What a node should do about the lanes of a subscriber.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Those to take.
    pub(super) take: Vec<LaneState>,
    /// How many of those it holds to give back.
    pub(super) give_back: usize,
    /// Those that the store says are its own, that it does not work on, and that it has no room for: it could not
    /// give them back, or did not hear that it got them. Nobody else may take them while it lives.
    pub(super) disown: Vec<LaneState>,
}

/// Plans for one subscriber: each of its nodes holds as many lanes as any other, or one more.
pub(super) fn plan(view: &View, subscriber: &str, node: Uuid, dead: &[Uuid], held: &[i16]) -> Plan {
    let alive: HashSet<Uuid> = view
        .members
        .iter()
        .filter(|member| *member.subscriber == *subscriber && !dead.contains(&member.node))
        .map(|member| member.node)
        .chain([node])
        .collect();
    let lanes: Vec<_> = view.lanes.iter().filter(|lane| *lane.subscriber == *subscriber).collect();
    let fair = lanes.len().div_ceil(alive.len());
    let is_free = |lane: &&LaneState| match lane.owner {
        None => true,
        // One that this node took without hearing of it, because the connection broke.
        Some(owner) if owner == node => !held.contains(&lane.lane),
        Some(owner) => !alive.contains(&owner),
    };
    let mut free: Vec<_> = lanes.into_iter().filter(is_free).collect();
    // Nodes that look at once begin at different lanes, and so seldom want the same.
    let from = usize::from(node.as_bytes()[15]) % free.len().max(1);
    free.rotate_left(from);
    let left = free.split_off(free.len().min(fair.saturating_sub(held.len())));
    Plan {
        take: free.into_iter().cloned().collect(),
        give_back: held.len().saturating_sub(fair),
        disown: left.into_iter().filter(|lane| lane.owner == Some(node)).cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::state::Member;

    fn view(owners: &[Option<u128>], members: &[u128]) -> View {
        let lane = |(lane, owner): (usize, &Option<u128>)| LaneState {
            subscriber: "s".into(),
            lane: i16::try_from(lane).unwrap(),
            owner: owner.map(Uuid::from_u128),
            fence: 1,
            position: 0,
        };
        let member = |node: &u128| Member { subscriber: "s".into(), node: Uuid::from_u128(*node), beat: 1 };
        View {
            lanes: owners.iter().enumerate().map(lane).collect(),
            members: members.iter().map(member).collect(),
            ..View::default()
        }
    }

    #[test]
    fn lanes_are_shared_evenly_and_none_stays_free() {
        let me = Uuid::from_u128(1);
        let all: Vec<i16> = (0..16).collect();
        let alone = plan(&view(&[None; 16], &[1]), "s", me, &[], &[]);
        assert_eq!((alone.take.len(), alone.give_back), (16, 0));
        // A second one comes.
        let crowded = plan(&view(&[Some(1); 16], &[1, 2]), "s", me, &[], &all);
        assert_eq!((crowded.take.len(), crowded.give_back), (0, 8));
        // It could not give back what was too much.
        let disowning = plan(&view(&[Some(1); 16], &[1, 2]), "s", me, &[], &all[..8]);
        assert_eq!((disowning.take.len(), disowning.give_back, disowning.disown.len()), (0, 0, 8));
        let unheard = plan(&view(&[Some(1); 16], &[1]), "s", me, &[], &all[1..]);
        assert_eq!((unheard.take.len(), unheard.take[0].lane), (1, 0));
        // One died, and one is not even known any more.
        let owners: Vec<_> = [1, 2, 3, 9].into_iter().cycle().take(16).map(Some).collect();
        let heir = plan(&view(&owners, &[1, 2, 3]), "s", me, &[Uuid::from_u128(2)], &[0, 4, 8, 12]);
        assert_eq!((heir.take.len(), heir.give_back), (4, 0));
        assert!(heir.take.iter().all(|lane| matches!(lane.owner, Some(owner) if owner.as_u128() % 7 == 2)));
    }
}
