//! The routes of the log: who may read it, finds, exports and checks it.

use bytes::Bytes;
use futures_util::StreamExt;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{AuditFilter, AuditId, AuditLog, AuditRecord, AuditStore, Checkpoint, Outcome, Report};
use crate::http::openapi::Operation;
use crate::http::respond::{Respond, StreamBody};
use crate::http::{Json, Parts, Path, Query, Response, Routes, State, get, post};
use crate::page::{Cursor, CursorKeys, Page, PageLimits, PageRequest};
use crate::{Error, Permission, Timestamp};

/// What the routes of the log ask for.
pub const AUDIT_READ: Permission = Permission::new("audit:read");

/// How long a check of the whole log may take.
const CHECK_TIME: std::time::Duration = std::time::Duration::from_mins(5);

#[derive(Clone)]
struct Reading<S> {
    log: AuditLog<S>,
    cursors: CursorKeys,
}

/// `GET /audit`, `GET /audit/{id}`, `GET /audit/export` (newline-delimited JSON) and `POST /audit/verify`, all for
/// those who have [`AUDIT_READ`]. The application gives them its authenticator.
pub fn routes<S: AuditStore>(log: AuditLog<S>, cursors: CursorKeys) -> Routes {
    Routes::new()
        .route(
            get("/audit", "listAudit")
                .allow(AUDIT_READ)
                .about("Lists records, the newest first")
                .tag("audit")
                .to(list),
        )
        .route(
            get("/audit/export", "exportAudit")
                .allow(AUDIT_READ)
                .about("Exports records, the oldest first, one JSON document a line")
                .tag("audit")
                .to(export),
        )
        .route(
            post("/audit/verify", "verifyAudit")
                .allow(AUDIT_READ)
                .about("Checks that nobody has tampered with the log")
                .tag("audit")
                .limit_time(CHECK_TIME)
                .to(verify),
        )
        .route(get("/audit/{id}", "getAudit").allow(AUDIT_READ).about("Shows a record").tag("audit").to(show))
        .state(&Reading { log, cursors })
}

/// Which records are asked for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "AuditQuery")]
struct Wanted {
    /// Done by this subject.
    #[schemars(length(max = 255))]
    actor: Option<String>,
    /// This action, such as `user.suspended`.
    #[schemars(length(max = 128))]
    action: Option<String>,
    /// Done to a thing of this kind.
    #[schemars(length(max = 128))]
    target_kind: Option<String>,
    /// Done to the thing of this id.
    #[schemars(length(max = 255))]
    target_id: Option<String>,
    /// That went this way.
    outcome: Option<Outcome>,
    /// In this request.
    #[schemars(length(max = 128))]
    request_id: Option<String>,
    /// Recorded at this time or later.
    since: Option<Timestamp>,
    /// Recorded before this time.
    until: Option<Timestamp>,
    /// How many items to return at most.
    #[schemars(range(min = 1))]
    limit: Option<u32>,
    /// Where to go on: the cursor of the page before.
    cursor: Option<Cursor>,
}

impl Wanted {
    fn split(self) -> (AuditFilter, PageRequest) {
        let Self { actor, action, target_kind, target_id, outcome, request_id, since, until, limit, cursor } =
            self;
        let filter = AuditFilter { actor, action, target_kind, target_id, outcome, request_id, since, until };
        (filter, PageRequest { limit, cursor })
    }
}

async fn list<S: AuditStore>(
    State(reading): State<Reading<S>>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page<AuditRecord>>, Error> {
    let (filter, request) = wanted.split();
    let context = filter.context();
    let from = request.position(&reading.cursors, &context)?;
    let page = reading.log.list(&filter, from.as_ref(), request.limit(PageLimits::default())).await?;
    Ok(Json(page.seal(&reading.cursors, &context)?))
}

async fn show<S: AuditStore>(
    State(reading): State<Reading<S>>,
    Path(id): Path<AuditId>,
) -> Result<Json<AuditRecord>, Error> {
    let record = reading.log.get(id).await?;
    record.map(Json).ok_or_else(|| Error::not_found("audit.not_found", "There is no such record."))
}

/// A document a line.
struct Lines(StreamBody);

impl Respond for Lines {
    const MEDIA: &'static [&'static str] = &["application/x-ndjson"];

    fn respond(self, parts: &mut Parts) -> Response {
        self.0.respond(parts)
    }

    fn describe(operation: &mut Operation<'_>) {
        let text = json!({ "type": "string" });
        operation.response(StatusCode::OK, "The records.", Some(("application/x-ndjson", text)));
    }
}

async fn export<S: AuditStore>(State(reading): State<Reading<S>>, Query(wanted): Query<Wanted>) -> Lines {
    let (filter, _) = wanted.split();
    let lines = reading.log.export(filter).map(|record| {
        let mut line = serde_json::to_vec(&record.map_err(Error::from)?).map_err(Error::internal)?;
        line.push(b'\n');
        Ok::<_, Error>(Bytes::from(line))
    });
    Lines(StreamBody::new("application/x-ndjson", lines))
}

/// Where to begin.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AuditCheck")]
struct Check {
    /// A checkpoint of an earlier check. Without it all of the log is checked.
    checkpoint: Option<Checkpoint>,
}

async fn verify<S: AuditStore>(
    State(reading): State<Reading<S>>,
    Json(check): Json<Check>,
) -> Result<Json<Report>, Error> {
    let report = match check.checkpoint {
        Some(checkpoint) => reading.log.verify_from(&checkpoint).await?,
        None => reading.log.verify().await?,
    };
    Ok(Json(report))
}
