//! The OpenAPI 3.1 document, made from the route table and the types of its handlers.

mod document;
mod info;
mod item;
mod operation;
mod refusals;
mod schemas;
mod security;
mod served;

pub use document::Document;
pub use info::OpenApi;
pub use operation::Operation;

#[cfg(doctest)]
#[doc = include_str!("../../../../docs/guides/write-a-service.md")]
struct Guide;
