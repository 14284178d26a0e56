//! The routes: what is asked, who may ask, and who answers.

mod items;
mod problems;

use gravity_core::Permission;
use gravity_core::http::{Routes, delete, get, post};

use crate::{{Type}};

/// To list and read one's own items.
pub const ITEMS_READ: Permission = Permission::new("items:read");
/// To make and delete items of one's own.
pub const ITEMS_WRITE: Permission = Permission::new("items:write");

/// The routes of the service, for any host and under any prefix. Who calls is for an
/// [`Authenticator`](gravity_core::http::Authenticator) of the application to find out.
#[rustfmt::skip]
pub fn routes(service: &{{Type}}) -> Routes {
    Routes::new()
        .route(get("/items", "listItems").allow(ITEMS_READ).about("Lists the caller's items").to(items::list))
        .route(post("/items", "createItem").allow(ITEMS_WRITE).about("Makes an item").to(items::create))
        .route(get("/items/{id}", "readItem").allow(ITEMS_READ).about("Reads an item").to(items::read))
        .route(delete("/items/{id}", "deleteItem").allow(ITEMS_WRITE).about("Deletes an item").to(items::delete))
        .state(service)
}
