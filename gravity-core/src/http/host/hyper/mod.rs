//! The hyper host: [`Routes`](crate::http::Routes) as a hyper service, and [`Server`], which serves
//! them, or any other hyper service, over HTTP/1.1 and HTTP/2.

mod config;
mod connection;
mod serve;
mod service;
mod sniff;
mod timer;

pub use config::ServerConfig;
pub use serve::{Server, Serving};
pub use service::Serve;
