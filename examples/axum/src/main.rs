//! Notes on SQLite or PostgreSQL, served by axum.
#![allow(clippy::print_stdout, reason = "it says where it listens")]

use axum::Router;
use gravity_core::db::{self, Database, Migration, Migrations};
use gravity_core::http::openapi::OpenApi;
use gravity_core::http::{
    Created, Json, NoContent, PUBLIC, Path, Problem, Routes, State, delete, get, post, problems,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const MIGRATIONS: Migrations = Migrations::new(
    "notes",
    &[Migration::new(
        1,
        "create notes",
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL) STRICT",
        "CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text NOT NULL)",
    )],
);

#[derive(Serialize, Deserialize, JsonSchema)]
struct Note {
    #[schemars(length(min = 1, max = 100))]
    title: String,
}

async fn list(State(db): State<Database>) -> Result<Json<Vec<Note>>, db::Error> {
    let newest = db.query("SELECT title FROM notes ORDER BY id DESC LIMIT 100");
    let titles: Vec<String> = newest.fetch_all_scalars().await?;
    Ok(Json(titles.into_iter().map(|title| Note { title }).collect()))
}

async fn create(State(db): State<Database>, Json(note): Json<Note>) -> Result<Created<Note>, db::Error> {
    let insert = db.query("INSERT INTO notes (title) VALUES ($1) RETURNING id");
    let id: i64 = insert.bind(&note.title).fetch_scalar().await?;
    Ok(Created::new(id, note))
}

async fn read(State(db): State<Database>, Path(id): Path<i64>) -> Result<Json<Note>, Problem> {
    let select = db.query("SELECT title FROM notes WHERE id = $1").bind(id);
    let title = select.fetch_optional_scalar().await?.ok_or(problems::NOT_FOUND)?;
    Ok(Json(Note { title }))
}

async fn remove(State(db): State<Database>, Path(id): Path<i64>) -> Result<NoContent, Problem> {
    let removed = db.query("DELETE FROM notes WHERE id = $1").bind(id).execute().await?;
    if removed == 0 { Err(problems::NOT_FOUND.into()) } else { Ok(NoContent) }
}

async fn routes() -> Result<Routes, db::Error> {
    let url = std::env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite://notes.db".to_owned());
    let db = Database::connect(&url).await?;
    MIGRATIONS.up(&db).await?;
    Ok(Routes::new()
        .route(get("/notes", "listNotes").allow(PUBLIC).about("The newest notes").to(list))
        .route(post("/notes", "createNote").allow(PUBLIC).about("Write a note").to(create))
        .route(get("/notes/{id}", "readNote").allow(PUBLIC).about("Read a note").to(read))
        .route(delete("/notes/{id}", "deleteNote").allow(PUBLIC).about("Throw a note away").to(remove))
        .state(&db)
        .openapi(OpenApi::new("Notes", "0.1.0"))
        .docs())
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let address = std::env::var("GRAVITY_LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = tokio::net::TcpListener::bind(&address).await?;
    let app = Router::new().nest("/api", routes().await?.into_axum());
    let app = app.into_make_service_with_connect_info::<std::net::SocketAddr>();
    say_how_to_call(&listener.local_addr()?.to_string());
    axum::serve(listener, app)
        .with_graceful_shutdown(async { tokio::signal::ctrl_c().await.unwrap_or(()) })
        .await?;
    Ok(())
}

fn say_how_to_call(address: &str) {
    println!("listening on http://{address}, documented at http://{address}/api/docs; try");
    println!("  curl -i http://{address}/api/notes --json '{{\"title\": \"milk\"}}'");
    println!("  curl -i http://{address}/api/notes");
    println!("  curl -i http://{address}/api/notes/1");
    println!("  curl -i http://{address}/api/notes/1 -X DELETE");
}
