//! Notes on SQLite and PostgreSQL.

use gravity_core::Subject;
use gravity_core::db::{Database, Error, Migration, Migrations};
use gravity_core::page::{PageRows, Position};

use super::{Draft, NEWEST, Note, NoteId, NoteStore, NotesError, place};

const MIGRATIONS: Migrations = Migrations::new(
    "notes",
    &[Migration::new(
        1,
        "create notes",
        include_str!("../migrations/sqlite/0001_create_notes.sql"),
        include_str!("../migrations/postgres/0001_create_notes.sql"),
    )],
);

/// Keeps notes in the table `notes`.
pub(crate) struct SqlStore {
    db: Database,
}

impl SqlStore {
    /// A store on this database, whose tables it brings up to date.
    pub(crate) async fn new(db: Database) -> Result<Self, Error> {
        MIGRATIONS.up(&db).await?;
        Ok(Self { db })
    }
}

#[async_trait::async_trait]
impl NoteStore for SqlStore {
    async fn add(&self, note: &Note) -> Result<(), NotesError> {
        self.db
            .query("INSERT INTO notes (id, owner, title, body, created_at, version) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(note.id)
            .bind(&note.owner)
            .bind(&note.title)
            .bind(&note.body)
            .bind(note.created_at)
            .bind(note.version)
            .execute()
            .await?;
        Ok(())
    }

    async fn find(&self, owner: &Subject, id: NoteId) -> Result<Option<Note>, NotesError> {
        let query = self.db.query("SELECT * FROM notes WHERE id = $1 AND owner = $2");
        Ok(query.bind(id).bind(owner).fetch_optional().await?)
    }

    async fn replace(
        &self,
        owner: &Subject,
        id: NoteId,
        version: i64,
        draft: &Draft,
    ) -> Result<Note, NotesError> {
        self.db
            .transaction(async |tx| {
                let current: i64 = tx
                    .query("SELECT version FROM notes WHERE id = $1 AND owner = $2")
                    .bind(id)
                    .bind(owner)
                    .fetch_optional_scalar()
                    .await?
                    .ok_or(NotesError::NotFound)?;
                if current != version {
                    return Err(NotesError::Changed);
                }
                // Another one may have changed it since it was read: the version decides.
                tx.query(
                    "UPDATE notes SET title = $4, body = $5, version = version + 1
                     WHERE id = $1 AND owner = $2 AND version = $3 RETURNING *",
                )
                .bind(id)
                .bind(owner)
                .bind(version)
                .bind(&draft.title)
                .bind(&draft.body)
                .fetch_optional()
                .await?
                .ok_or(NotesError::Changed)
            })
            .await
    }

    async fn remove(&self, owner: &Subject, id: NoteId) -> Result<(), NotesError> {
        let query = self.db.query("DELETE FROM notes WHERE id = $1 AND owner = $2");
        match query.bind(id).bind(owner).execute().await? {
            0 => Err(NotesError::NotFound),
            _ => Ok(()),
        }
    }

    async fn newest(
        &self,
        owner: &Subject,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Note>, NotesError> {
        let rows = self
            .db
            .query("SELECT * FROM notes WHERE owner = $1")
            .bind(owner)
            .push_page(&NEWEST, from, limit)
            .fetch_all::<Note>()
            .await?;
        Ok(NEWEST.cut(rows, from, limit, place))
    }
}
