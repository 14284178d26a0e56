//! Who works on which lane.

use std::sync::Arc;

use uuid::Uuid;

use crate::events::Error;
use crate::events::state::{LaneState, Member, View};
use crate::events::work::Claim;

use super::SqlEvents;

impl SqlEvents {
    pub(super) async fn count_beat(&self, node: Uuid, subscribers: &[&str]) -> Result<View, Error> {
        // Ordered, so that nodes which beat at once do not wait for each other in a circle.
        self.db()
            .query("INSERT INTO events_members (subscriber, node, beat) SELECT name, $1, 1 FROM events_subscribers WHERE ")
            .bind(node)
            .push_in("name", subscribers)
            .push(" ORDER BY name ON CONFLICT (subscriber, node) DO UPDATE SET beat = events_members.beat + 1")
            .execute()
            .await?;
        let members = self
            .db()
            .query("SELECT subscriber, node, beat FROM events_members WHERE ")
            .push_in("subscriber", subscribers)
            .fetch_all::<(String, Uuid, i64)>()
            .await?;
        let paused = self
            .db()
            .query("SELECT name FROM events_subscribers WHERE is_paused AND ")
            .push_in("name", subscribers)
            .fetch_all_scalars()
            .await?;
        let waiting = self
            .db()
            .query("SELECT DISTINCT subscriber, lane FROM events_waiting WHERE due_at IS NOT NULL AND ")
            .push_in("subscriber", subscribers)
            .fetch_all()
            .await?;
        let member = |(subscriber, node, beat): (String, Uuid, i64)| Member {
            subscriber: subscriber.into(),
            node,
            beat,
        };
        Ok(View {
            members: members.into_iter().map(member).collect(),
            lanes: self.lanes(Some(subscribers)).await?,
            paused,
            waiting,
        })
    }

    /// The lanes of these subscribers, or of all.
    pub(super) async fn lanes(&self, subscribers: Option<&[&str]>) -> Result<Vec<LaneState>, Error> {
        let mut query = self.db().query("SELECT subscriber, lane, owner, fence, position FROM events_lanes");
        if let Some(subscribers) = subscribers {
            query = query.push(" WHERE ").push_in("subscriber", subscribers);
        }
        let rows: Vec<(String, i16, Option<Uuid>, i64, i64)> =
            query.push(" ORDER BY subscriber, lane").fetch_all().await?;
        let mut name: Arc<str> = "".into();
        Ok(rows
            .into_iter()
            .map(|(subscriber, lane, owner, fence, position)| {
                if *name != *subscriber {
                    name = subscriber.into();
                }
                LaneState { subscriber: name.clone(), lane, owner, fence, position }
            })
            .collect())
    }

    pub(super) async fn take_lane(&self, node: Uuid, seen: &LaneState) -> Result<Option<Claim>, Error> {
        // The fence changes with the owner, except that an owner may become none.
        let position = self
            .db()
            .query(
                "UPDATE events_lanes SET owner = $4, fence = fence + 1 \
                 WHERE subscriber = $1 AND lane = $2 AND fence = $3 AND (owner IS NULL OR owner = $5) \
                 RETURNING position",
            )
            .bind(&*seen.subscriber)
            .bind(seen.lane)
            .bind(seen.fence)
            .bind(node)
            .bind(seen.owner)
            .fetch_optional_scalar()
            .await?;
        Ok(position.map(|position| Claim {
            subscriber: seen.subscriber.clone(),
            lane: seen.lane,
            fence: seen.fence + 1,
            position,
        }))
    }

    pub(super) async fn give_back_lane(&self, claim: &Claim) -> Result<(), Error> {
        self.db()
            .query("UPDATE events_lanes SET owner = NULL WHERE subscriber = $1 AND lane = $2 AND fence = $3")
            .bind(&*claim.subscriber)
            .bind(claim.lane)
            .bind(claim.fence)
            .execute()
            .await?;
        Ok(())
    }

    pub(super) async fn remove_node(&self, node: Uuid) -> Result<(), Error> {
        self.db().query("DELETE FROM events_members WHERE node = $1").bind(node).execute().await?;
        self.db().query("UPDATE events_lanes SET owner = NULL WHERE owner = $1").bind(node).execute().await?;
        Ok(())
    }

    pub(super) async fn move_on(&self, claim: &Claim, to: i64) -> Result<(), Error> {
        let changed = self
            .db()
            .query(
                "UPDATE events_lanes SET position = $4 \
                 WHERE subscriber = $1 AND lane = $2 AND fence = $3 AND position <= $4",
            )
            .bind(&*claim.subscriber)
            .bind(claim.lane)
            .bind(claim.fence)
            .bind(to)
            .execute()
            .await?;
        if changed == 1 { Ok(()) } else { Err(Error::Fenced) }
    }
}
