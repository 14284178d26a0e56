//! Who follows whom, what people do, how they are found, and their pictures.

use gravity_core::audit::Origin;
use gravity_core::http::{ETag, File, FilePart, Multipart, NoContent, Path, Problem, Query, State};
use gravity_core::page::{Cursor, CursorContext, Page, PageRequest};
use gravity_core::validate::Faults;
use http::HeaderValue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fresh::{Fresh, fresh};
use super::paging::Paging;
use super::people::shown;
use super::who::Who;
use crate::domain::{Activity, FollowState, UserId, folded};
use crate::ports::{Picture, PictureError};
use crate::service::{Authority, PersonView, PictureKind, Statistics, Viewer};
use crate::store::Side;
use crate::{Auth, AuthError};

/// Who is searched for.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SearchQuery {
    /// Words, of which each begins one of the user name or display name. Case and accents do not matter.
    #[schemars(length(min = 1, max = 200))]
    pub q: String,
    /// How many items to return at most.
    #[schemars(range(min = 1))]
    pub limit: Option<u32>,
    /// Where to go on: the cursor of the page before.
    pub cursor: Option<Cursor>,
}

/// What has come of a wish to follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Followed {
    /// Whether the caller follows, or has asked to.
    pub state: FollowState,
}

/// A picture, as a form sends it.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "it describes the form, and is never made")]
pub struct PictureForm {
    /// PNG, JPEG, WebP or GIF, of at most 2 MiB.
    file: FilePart,
}

pub(super) async fn search(
    State(auth): State<Auth>,
    viewer: Viewer,
    Query(SearchQuery { q, limit, cursor }): Query<SearchQuery>,
) -> Result<Fresh<Page<PersonView>>, AuthError> {
    let context = CursorContext::new("users.search").filter("q", folded(&q));
    let paging = Paging::of(&auth, &PageRequest { limit, cursor }, context)?;
    paging.page(auth.search_people(&viewer, &q, paging.from(), paging.limit()).await?).map(fresh)
}

pub(super) async fn follow(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(who): Path<Who>,
) -> Result<Fresh<Followed>, AuthError> {
    let state = auth.follow(&by, who.of(&by), &origin).await?;
    Ok(fresh(Followed { state }))
}

pub(super) async fn unfollow(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(who): Path<Who>,
) -> Result<NoContent, AuthError> {
    auth.unfollow(&by, who.of(&by), &origin).await.map(|()| NoContent)
}

pub(super) async fn requests(
    State(auth): State<Auth>,
    by: Authority,
    Query(request): Query<PageRequest>,
) -> Result<Fresh<Page<PersonView>>, AuthError> {
    let context = CursorContext::new("users.requests").filter("user", by.caller.user);
    let paging = Paging::of(&auth, &request, context)?;
    paging.page(auth.follow_requests(&by, paging.from(), paging.limit()).await?).map(fresh)
}

pub(super) async fn accept(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(follower): Path<UserId>,
) -> Result<NoContent, AuthError> {
    auth.accept_follower(&by, follower, &origin).await.map(|()| NoContent)
}

pub(super) async fn remove(
    State(auth): State<Auth>,
    by: Authority,
    origin: Origin,
    Path(follower): Path<UserId>,
) -> Result<NoContent, AuthError> {
    auth.remove_follower(&by, follower, &origin).await.map(|()| NoContent)
}

async fn page_of(
    auth: &Auth,
    viewer: &Viewer,
    who: Who,
    side: Side,
    request: &PageRequest,
) -> Result<Fresh<Page<PersonView>>, AuthError> {
    let id = who.seen_by(viewer)?;
    let name = match side {
        Side::Followers => "users.followers",
        Side::Following => "users.following",
    };
    let context = CursorContext::new(name).filter("user", id);
    let paging = Paging::of(auth, request, context)?;
    paging.page(auth.follows(viewer, id, side, paging.from(), paging.limit()).await?).map(fresh)
}

pub(super) async fn followers(
    State(auth): State<Auth>,
    viewer: Viewer,
    Path(who): Path<Who>,
    Query(request): Query<PageRequest>,
) -> Result<Fresh<Page<PersonView>>, AuthError> {
    page_of(&auth, &viewer, who, Side::Followers, &request).await
}

pub(super) async fn following(
    State(auth): State<Auth>,
    viewer: Viewer,
    Path(who): Path<Who>,
    Query(request): Query<PageRequest>,
) -> Result<Fresh<Page<PersonView>>, AuthError> {
    page_of(&auth, &viewer, who, Side::Following, &request).await
}

pub(super) async fn statistics(
    State(auth): State<Auth>,
    viewer: Viewer,
    Path(who): Path<Who>,
) -> Result<Fresh<Statistics>, AuthError> {
    auth.statistics(&viewer, who.seen_by(&viewer)?).await.map(fresh)
}

pub(super) async fn activity(
    State(auth): State<Auth>,
    viewer: Viewer,
    Path(who): Path<Who>,
    Query(request): Query<PageRequest>,
) -> Result<Fresh<Page<Activity>>, AuthError> {
    let id = who.seen_by(&viewer)?;
    let context = CursorContext::new("users.activity").filter("user", id);
    let paging = Paging::of(&auth, &request, context)?;
    paging.page(auth.activities(&viewer, id, paging.from(), paging.limit()).await?).map(fresh)
}

type PictureAnswer = Result<Result<Fresh<PersonView>, Problem>, AuthError>;

async fn take(
    auth: &Auth,
    by: &Authority,
    origin: &Origin,
    who: Who,
    kind: PictureKind,
    mut form: Multipart<PictureForm>,
) -> PictureAnswer {
    let refused =
        |error: PictureError| AuthError::Invalid(Faults::one("/file", error.code(), error.to_string()));
    loop {
        let field = match form.next().await {
            Ok(Some(field)) => field,
            Ok(None) => return Err(AuthError::Invalid(Faults::one("/file", "required", "must be given"))),
            Err(problem) => return Ok(Err(problem)),
        };
        if field.name() != "file" {
            continue;
        }
        let bytes = match field.bytes(Picture::MAX_BYTES as u64 + 1).await {
            Ok(bytes) => bytes,
            Err(problem) => return Ok(Err(problem)),
        };
        let picture = Picture::of(bytes).map_err(refused)?;
        let person = auth.set_picture(by, who.of(by), kind, &picture, origin).await?;
        return shown(by, &person).map(|view| Ok(fresh(view)));
    }
}

/// A picture that browsers may keep for themselves, as long as it has not changed.
fn answered(picture: &Picture) -> File {
    File::bytes(picture.bytes().clone())
        .media(picture.media())
        .etag(ETag::of_bytes(picture.bytes()))
        .cache(HeaderValue::from_static("private, no-cache"))
}

macro_rules! pictures {
    ($($get:ident, $set:ident, $remove:ident = $kind:ident;)*) => {$(
        pub(super) async fn $get(
            State(auth): State<Auth>,
            viewer: Viewer,
            Path(who): Path<Who>,
        ) -> Result<File, AuthError> {
            let id = who.seen_by(&viewer)?;
            Ok(answered(&auth.picture(&viewer, id, PictureKind::$kind).await?))
        }

        pub(super) async fn $set(
            State(auth): State<Auth>,
            by: Authority,
            origin: Origin,
            Path(who): Path<Who>,
            form: Multipart<PictureForm>,
        ) -> PictureAnswer {
            take(&auth, &by, &origin, who, PictureKind::$kind, form).await
        }

        pub(super) async fn $remove(
            State(auth): State<Auth>,
            by: Authority,
            origin: Origin,
            Path(who): Path<Who>,
        ) -> Result<NoContent, AuthError> {
            auth.remove_picture(&by, who.of(&by), PictureKind::$kind, &origin).await.map(|_| NoContent)
        }
    )*};
}

pictures! {
    avatar, set_avatar, remove_avatar = Avatar;
    cover, set_cover, remove_cover = Cover;
}
