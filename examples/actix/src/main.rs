//! Notes in memory, served by actix-web.
#![allow(clippy::print_stdout, reason = "it says where it listens")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::{App, HttpServer};
use gravity_core::http::host::actix::mount;
use gravity_core::http::{
    Created, Json, NoContent, PUBLIC, Path, Problem, Routes, State, delete, get, post, problems,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Note {
    #[schemars(length(min = 1, max = 100))]
    title: String,
}

/// The notes by their numbers.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<BTreeMap<u64, Note>>>);

impl Notes {
    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<u64, Note>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn list(State(notes): State<Notes>) -> Json<Vec<Note>> {
    Json(notes.with(|notes| notes.values().cloned().collect()))
}

async fn create(State(notes): State<Notes>, Json(note): Json<Note>) -> Created<Note> {
    notes.with(|notes| {
        let id = notes.keys().next_back().map_or(1, |last| last + 1);
        notes.insert(id, note.clone());
        Created::new(id, note)
    })
}

async fn read(State(notes): State<Notes>, Path(id): Path<u64>) -> Result<Json<Note>, Problem> {
    notes.with(|notes| notes.get(&id).cloned()).map(Json).ok_or_else(|| problems::NOT_FOUND.into())
}

async fn remove(State(notes): State<Notes>, Path(id): Path<u64>) -> Result<NoContent, Problem> {
    notes.with(|notes| notes.remove(&id)).map(|_| NoContent).ok_or_else(|| problems::NOT_FOUND.into())
}

fn routes(notes: &Notes) -> Routes {
    Routes::new()
        .route(get("/notes", "listNotes").allow(PUBLIC).to(list))
        .route(post("/notes", "createNote").allow(PUBLIC).to(create))
        .route(get("/notes/{id}", "readNote").allow(PUBLIC).to(read))
        .route(delete("/notes/{id}", "deleteNote").allow(PUBLIC).to(remove))
        .state(notes)
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::var("GRAVITY_LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = std::net::TcpListener::bind(&address)?;
    say_how_to_call(&listener.local_addr()?.to_string());
    let notes = Notes::default();
    HttpServer::new(move || App::new().service(mount("/api", routes(&notes))))
        // A client that goes away cancels its handler.
        .h1_allow_half_closed(false)
        .listen(listener)?
        .run()
        .await
}

fn say_how_to_call(address: &str) {
    println!("listening on http://{address}; try");
    println!("  curl -i http://{address}/api/notes --json '{{\"title\": \"milk\"}}'");
    println!("  curl -i http://{address}/api/notes");
    println!("  curl -i http://{address}/api/notes/1");
    println!("  curl -i http://{address}/api/notes/1 -X DELETE");
}
