//! Who works on which lane.

use uuid::Uuid;

use super::state::State;
use crate::events::lane::index;
use crate::events::state::{LaneState, Member, View};
use crate::events::work::Claim;

impl State {
    pub(super) fn beat(&mut self, node: Uuid, subscribers: &[&str]) -> View {
        let mut view = View::default();
        for &name in subscribers {
            let Some((name, entry)) = self.subscribers.get_key_value(name) else { continue };
            *self.members.entry((name.clone(), node)).or_default() += 1;
            view.lanes.extend(entry.lanes.iter().cloned());
            if entry.is_paused {
                view.paused.push(name.to_string());
            }
            for position in entry.waiting.keys() {
                if let Some(logged) = self.log.get(position) {
                    view.waiting.push((name.to_string(), logged.lane));
                }
            }
        }
        view.members = self
            .members
            .iter()
            .filter(|((name, _), _)| subscribers.contains(&&**name))
            .map(|((name, node), beat)| Member { subscriber: name.clone(), node: *node, beat: *beat })
            .collect();
        view
    }

    pub(super) fn take(&mut self, node: Uuid, seen: &LaneState) -> Option<Claim> {
        let entry = self.subscribers.get_mut(&seen.subscriber)?;
        let lane = &mut entry.lanes[index(seen.lane)];
        if lane.fence != seen.fence || (lane.owner.is_some() && lane.owner != seen.owner) {
            return None;
        }
        lane.fence += 1;
        lane.owner = Some(node);
        Some(Claim {
            subscriber: seen.subscriber.clone(),
            lane: seen.lane,
            fence: lane.fence,
            position: lane.position,
        })
    }

    pub(super) fn give_back(&mut self, claim: &Claim) {
        if let Ok(entry) = self.claimed(claim) {
            entry.lanes[index(claim.lane)].owner = None;
        }
    }

    pub(super) fn leave(&mut self, node: Uuid) {
        self.members.retain(|(_, member), _| *member != node);
        for lane in self.subscribers.values_mut().flat_map(|entry| &mut entry.lanes) {
            if lane.owner == Some(node) {
                lane.owner = None;
            }
        }
    }
}
