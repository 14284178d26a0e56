//! The load: as many connections as there are people, each asking again as soon as it has its answer.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

use super::contestants::{Ask, Contestant, Person};
use super::http::Connection;

/// What came of it, after a warm-up of a third of the time: how many answers there were.
pub(super) async fn answers(
    contestant: Contestant,
    ask: Ask,
    address: SocketAddr,
    people: &mut Vec<Person>,
    time: Duration,
) -> Result<u64> {
    let begin = Instant::now() + time / 3;
    let end = begin + time;
    let mut tasks = JoinSet::new();
    for mut person in std::mem::take(people) {
        tasks.spawn_local(async move {
            let mut connection = Connection::open(address).await?;
            let mut count = 0;
            let mut request = contestant.request(ask, &person);
            loop {
                let answer = connection.ask(&request).await?;
                contestant.learn(ask, &answer, &mut person)?;
                let now = Instant::now();
                if now >= end {
                    return anyhow::Ok((person, count));
                }
                count += u64::from(now >= begin);
                if ask == Ask::Refresh {
                    request = contestant.request(ask, &person);
                }
            }
        });
    }
    let mut all = 0;
    while let Some(done) = tasks.join_next().await {
        let (person, count) = done??;
        people.push(person);
        all += count;
    }
    Ok(all)
}
