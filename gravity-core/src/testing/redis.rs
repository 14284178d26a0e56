//! Redis for a test: keys that no other test has, servers that can be stopped.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), gravity_core::redis::Error> {
//! use gravity_core::testing::redis::TestRedis;
//!
//! let Some(test) = TestRedis::create().await else { return Ok(()) };
//! let redis = test.redis();
//! redis.set_json("answer", &42, None).await?;
//! assert_eq!(redis.get_json::<u8>("answer").await?, Some(42));
//! test.remove().await;
//! # Ok(())
//! # }
//! ```
//!
//! It takes part when `REDIS_URL` names a server. Without it one line on standard error says so; with
//! `GRAVITY_REQUIRE_BACKENDS=1` it is a failure.

mod keys;
mod server;

pub use keys::TestRedis;
pub use server::RedisServer;
