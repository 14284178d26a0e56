//! The commands beside serving.

mod admin;
mod audit;
mod config;
mod jobs;
mod migrate;
mod openapi;
mod seed;

pub(crate) use admin::create_admin;
pub(crate) use audit::verify_audit;
pub(crate) use config::check_config;
pub(crate) use jobs::jobs;
pub(crate) use migrate::migrate;
pub(crate) use openapi::openapi;
pub(crate) use seed::seed;
