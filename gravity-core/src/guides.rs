//! The guides, whose code is compiled and run.

#[cfg(feature = "sqlite")]
#[doc = include_str!("../../docs/guides/audit.md")]
mod audit {}
#[doc = include_str!("../../docs/guides/cache.md")]
mod cache {}
#[doc = include_str!("../../docs/guides/configuration.md")]
mod configuration {}
#[cfg(all(feature = "sqlite", feature = "testing"))]
#[doc = include_str!("../../docs/guides/events.md")]
mod events {}
#[cfg(all(unix, feature = "sqlite", feature = "testing"))]
#[doc = include_str!("../../docs/guides/fault-rig.md")]
mod fault_rig {}
#[cfg(feature = "sqlite")]
#[doc = include_str!("../../docs/guides/health.md")]
mod health {}
#[cfg(feature = "sqlite")]
#[doc = include_str!("../../docs/guides/idempotency.md")]
mod idempotency {}
#[cfg(feature = "sqlite")]
#[doc = include_str!("../../docs/guides/jobs.md")]
mod jobs {}
#[cfg(feature = "sqlite")]
#[doc = include_str!("../../docs/guides/locks.md")]
mod locks {}
#[cfg(feature = "sqlite")]
#[doc = include_str!("../../docs/guides/operate-events.md")]
mod operate_events {}
#[cfg(feature = "client")]
#[doc = include_str!("../../docs/guides/outgoing-calls.md")]
mod outgoing_calls {}
#[doc = include_str!("../../docs/guides/rate-limits.md")]
mod rate_limits {}
#[cfg(all(feature = "redis", feature = "sqlite", feature = "testing"))]
#[doc = include_str!("../../docs/guides/redis.md")]
mod redis {}
#[cfg(feature = "sqlite")]
#[doc = include_str!("../../docs/guides/sagas.md")]
mod sagas {}
#[cfg(feature = "sqlite")]
#[doc = include_str!("../../docs/guides/schedules.md")]
mod schedules {}
#[doc = include_str!("../../docs/guides/secrets.md")]
mod secrets {}
#[doc = include_str!("../../docs/guides/telemetry.md")]
mod telemetry {}
#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[doc = include_str!("../../docs/guides/write-a-store.md")]
mod write_a_store {}
