//! The sample service: notes, with a bit of everything that a service may have.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use futures_util::future::BoxFuture;
use gravity_core::http::openapi::OpenApi;
use gravity_core::http::{
    Authenticator, Body, Created, FilePart, Form, IntoProblem, Json, Multipart, NoContent, PUBLIC, Path,
    Problem, ProblemKind, Query, Routes, SIGNED_IN, Scheme, State, delete, get, post, problems, put,
};
use gravity_core::validate::Faults;
use gravity_core::{Clock, Entity, Id, Permission, Principal, Subject, Timestamp};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

const NOTES_READ: Permission = Permission::new("notes:read");
const NOTES_WRITE: Permission = Permission::new("notes:write");

/// The key that lets in, and the one whose owner may only read.
pub(crate) const KEY: &str = "sample-key";
const READ_ONLY_KEY: &str = "sample-read-only-key";

/// How urgent a note is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Urgency {
    Low,
    Normal,
    High,
}

/// Where a note was written.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Place {
    /// Degrees north.
    #[schemars(range(min = -90.0, max = 90.0))]
    latitude: f64,
    /// Degrees east.
    #[schemars(range(min = -180.0, max = 180.0))]
    longitude: f64,
    #[schemars(length(max = 80))]
    name: Option<String>,
}

/// What a note says.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = Draft::example())]
struct Draft {
    #[schemars(length(min = 1, max = 120))]
    title: String,
    #[serde(default)]
    #[schemars(length(max = 10_000))]
    text: String,
    #[serde(default = "normal")]
    urgency: Urgency,
    /// At most eight labels.
    #[serde(default)]
    #[schemars(length(max = 8), inner(length(min = 1, max = 20), regex(pattern = r"^[a-z0-9-]+$")))]
    labels: Vec<String>,
    place: Option<Place>,
    #[schemars(range(max = 5))]
    stars: Option<u8>,
}

fn normal() -> Urgency {
    Urgency::Normal
}

impl Draft {
    fn example() -> Self {
        Self {
            title: "Milk".to_owned(),
            text: "Two litres.".to_owned(),
            urgency: Urgency::Normal,
            labels: vec!["shopping".to_owned()],
            place: Some(Place { latitude: 52.52, longitude: 13.405, name: Some("Berlin".to_owned()) }),
            stars: None,
        }
    }
}

/// A note.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Note {
    id: Id<NoteEntity>,
    created_at: Timestamp,
    #[serde(flatten)]
    draft: Draft,
}

/// What has ids like `note_01h455vb4pex5vsknk084sn02q`.
#[derive(Debug, Clone)]
struct NoteEntity;

impl Entity for NoteEntity {
    const PREFIX: &'static str = "note";
}

/// Which notes to list.
#[derive(Debug, Deserialize, JsonSchema)]
struct Filter {
    /// Only those of this urgency.
    urgency: Option<Urgency>,
    /// Only those whose title holds this text.
    #[schemars(length(min = 1, max = 120))]
    search: Option<String>,
    /// How many at most.
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 100))]
    limit: u32,
    /// Those after this one.
    after: Option<Id<NoteEntity>>,
}

fn twenty() -> u32 {
    20
}

/// A part of the list.
#[derive(Debug, Serialize, JsonSchema)]
struct NoteList {
    notes: Vec<Note>,
    /// What to ask for next, as `after`; none at the end.
    next: Option<Id<NoteEntity>>,
}

/// How many notes there are.
#[derive(Debug, Serialize, JsonSchema)]
struct Statistics {
    notes: usize,
    by_urgency: BTreeMap<String, usize>,
}

/// What was imported.
#[derive(Debug, Serialize, JsonSchema)]
struct Imported {
    lines: usize,
    bytes: usize,
}

/// A file beside a note.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "it describes the form, and is never made")]
struct Attachment {
    /// How soon it is to be looked at.
    urgency: Option<Urgency>,
    file: FilePart,
}

/// A note in a line, as a plain HTML form sends it.
#[derive(Debug, Deserialize, JsonSchema)]
struct Line {
    #[schemars(length(min = 1, max = 120))]
    title: String,
    urgency: Option<Urgency>,
}

/// What can go wrong with notes.
#[derive(Debug, thiserror::Error)]
enum NotesError {
    #[error("there is no such note")]
    NotFound,
    #[error("there are too many notes")]
    Full,
}

impl NotesError {
    const NOT_FOUND: ProblemKind =
        ProblemKind::new(StatusCode::NOT_FOUND, "notes.not_found", "There is no such note.");
    const FULL: ProblemKind =
        ProblemKind::new(StatusCode::CONFLICT, "notes.full", "There are too many notes; delete some.");
}

impl IntoProblem for NotesError {
    const KINDS: &'static [ProblemKind] = &[Self::NOT_FOUND, Self::FULL];

    fn into_problem(self) -> Problem {
        Problem::new(match self {
            Self::NotFound => Self::NOT_FOUND,
            Self::Full => Self::FULL,
        })
    }
}

/// All notes, in memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes(Arc<RwLock<BTreeMap<Id<NoteEntity>, Note>>>);

impl Notes {
    const MOST: usize = 100_000;

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<Id<NoteEntity>, Note>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<Id<NoteEntity>, Note>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn list_notes(State(notes): State<Notes>, Query(filter): Query<Filter>) -> Json<NoteList> {
    let all = notes.read();
    let mut found = all
        .values()
        .filter(|note| filter.after.is_none_or(|after| note.id > after))
        .filter(|note| filter.urgency.is_none_or(|urgency| note.draft.urgency == urgency))
        .filter(|note| filter.search.as_ref().is_none_or(|text| note.draft.title.contains(text.as_str())));
    let notes: Vec<Note> = found.by_ref().take(filter.limit as usize).cloned().collect();
    let next = found.next().and(notes.last()).map(|note| note.id);
    Json(NoteList { notes, next })
}

async fn create_note(
    State(notes): State<Notes>,
    Json(draft): Json<Draft>,
) -> Result<Created<Note>, NotesError> {
    let mut all = notes.write();
    if all.len() >= Notes::MOST {
        return Err(NotesError::Full);
    }
    let clock = Clock::system();
    let note = Note { id: Id::new(&clock), created_at: clock.now(), draft };
    all.insert(note.id, note.clone());
    Ok(Created::new(note.id, note))
}

async fn read_note(
    State(notes): State<Notes>,
    Path(id): Path<Id<NoteEntity>>,
) -> Result<Json<Note>, NotesError> {
    notes.read().get(&id).cloned().map(Json).ok_or(NotesError::NotFound)
}

async fn replace_note(
    State(notes): State<Notes>,
    Path(id): Path<Id<NoteEntity>>,
    Json(draft): Json<Draft>,
) -> Result<Json<Note>, NotesError> {
    let mut all = notes.write();
    let note = all.get_mut(&id).ok_or(NotesError::NotFound)?;
    note.draft = draft;
    Ok(Json(note.clone()))
}

async fn delete_note(
    State(notes): State<Notes>,
    Path(id): Path<Id<NoteEntity>>,
) -> Result<NoContent, NotesError> {
    notes.write().remove(&id).map(|_| NoContent).ok_or(NotesError::NotFound)
}

async fn attach(
    State(notes): State<Notes>,
    Path(id): Path<Id<NoteEntity>>,
    mut form: Multipart<Attachment>,
) -> Result<Json<Imported>, Problem> {
    if !notes.read().contains_key(&id) {
        return Err(NotesError::NotFound.into_problem());
    }
    let mut file = None;
    while let Some(mut field) = form.next().await? {
        match field.name() {
            "urgency" => {
                let name = field.text(100).await?;
                if serde_json::from_value::<Urgency>(name.into()).is_err() {
                    return Err(Problem::invalid(Faults::one("/urgency", "wrong_value", "is no urgency")));
                }
            }
            "file" => {
                let (mut lines, mut bytes) = (0, 0);
                while let Some(chunk) = field.chunk().await? {
                    lines += chunk.split(|byte| *byte == b'\n').count() - 1;
                    bytes += chunk.len();
                }
                file = Some(Imported { lines, bytes });
            }
            other => {
                let pointer = Faults::pointer("", other);
                return Err(Problem::invalid(Faults::one(pointer, "unknown", "is no field of this form")));
            }
        }
    }
    file.map(Json).ok_or_else(|| Problem::invalid(Faults::one("/file", "required", "is missing")))
}

async fn jot(State(notes): State<Notes>, Form(line): Form<Line>) -> Result<Created<Note>, NotesError> {
    let urgency = line.urgency.unwrap_or(Urgency::Normal);
    let draft = Draft { urgency, title: line.title, ..Draft::example() };
    create_note(State(notes), Json(draft)).await
}

async fn import_notes(text: String) -> Json<Imported> {
    Json(Imported { lines: text.lines().count(), bytes: text.len() })
}

async fn echo(body: Body) -> Result<Vec<u8>, Problem> {
    let bytes =
        body.into_bytes(1 << 20).await.map_err(|error| Problem::new(problems::BAD_BODY).because(error))?;
    Ok(bytes.to_vec())
}

async fn statistics(State(notes): State<Notes>) -> Json<Statistics> {
    let all = notes.read();
    let mut by_urgency = BTreeMap::new();
    for note in all.values() {
        *by_urgency.entry(format!("{:?}", note.draft.urgency).to_lowercase()).or_default() += 1;
    }
    Json(Statistics { notes: all.len(), by_urgency })
}

async fn who(caller: Principal) -> String {
    caller.subject().to_string()
}

async fn health() -> Json<serde_json::Value> {
    Json(json!({ "status": "up" }))
}

/// Knows two callers by their keys.
struct Keys;

impl Authenticator for Keys {
    fn authenticate<'a>(
        &'a self,
        head: &'a http::request::Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>, Problem>> {
        let allowed = match head.headers.get("x-api-key").map(http::HeaderValue::as_bytes) {
            None => Ok(None),
            Some(key) if key == KEY.as_bytes() => Ok(Some("notes:*")),
            Some(key) if key == READ_ONLY_KEY.as_bytes() => Ok(Some("notes:read")),
            Some(_) => Err(Problem::new(problems::UNAUTHENTICATED).detail("The key is not known.")),
        };
        let caller = allowed.map(|grants| {
            let grants = grants?.parse().ok()?;
            Some(Principal::new(Subject::from(1)).with_permissions(grants))
        });
        Box::pin(std::future::ready(caller))
    }

    fn schemes(&self) -> Vec<Scheme> {
        vec![Scheme::ApiKey("x-api-key")]
    }
}

/// What the document says of the service as a whole.
pub(crate) fn about() -> OpenApi {
    OpenApi::new("Notes", "1.0.0")
        .with_description("A small service with a bit of everything.\n\nUse the key `sample-key` to try it.")
        .with_licence("MIT OR Apache-2.0", "MIT OR Apache-2.0")
        .with_tag("notes", "Notes, and what is in them.")
}

/// The routes without their document.
pub(crate) fn routes(notes: &Notes) -> Routes {
    Routes::new()
        .route(get("/notes", "listNotes").allow(NOTES_READ).about("Lists notes").tag("notes").to(list_notes))
        .route(
            post("/notes", "createNote")
                .allow(NOTES_WRITE)
                .about("Writes a note")
                .tag("notes")
                .to(create_note),
        )
        .route(
            get("/notes/{id}", "readNote").allow(NOTES_READ).about("Reads a note").tag("notes").to(read_note),
        )
        .route(
            put("/notes/{id}", "replaceNote")
                .allow(NOTES_WRITE)
                .about("Writes a note anew")
                .tag("notes")
                .describe(|operation| {
                    let short = json!({ "title": "Bread" });
                    operation.request_example("short", short);
                })
                .to(replace_note),
        )
        .route(
            delete("/notes/{id}", "deleteNote")
                .allow(NOTES_WRITE)
                .about("Throws a note away")
                .tag("notes")
                .to(delete_note),
        )
        .route(
            post("/notes/{id}/attachments", "attachToNote")
                .allow(NOTES_WRITE)
                .about("Puts a file beside a note")
                .tag("notes")
                .problems(NotesError::KINDS)
                .to(attach),
        )
        .route(
            post("/jot", "jotNote").allow(NOTES_WRITE).about("Writes a note in a line").tag("notes").to(jot),
        )
        .route(
            post("/import", "importNotes")
                .allow(NOTES_WRITE)
                .about("Counts the lines of a text")
                .deprecated()
                .tag("notes")
                .to(import_notes),
        )
        .route(post("/echo", "echo").allow(PUBLIC).about("Sends back what it gets").tag("other").to(echo))
        .route(
            get("/statistics", "statistics").allow(PUBLIC).about("Counts notes").tag("other").to(statistics),
        )
        .route(get("/me", "whoAmI").allow(SIGNED_IN).about("Says who calls").tag("other").to(who))
        .route(get("/health", "health").allow(PUBLIC).unlisted().to(health))
        .state(notes)
        .authenticator(Keys)
}

/// The whole service: its routes, the document and the page.
pub(crate) fn service() -> Routes {
    routes(&Notes::default()).openapi(about()).docs()
}
