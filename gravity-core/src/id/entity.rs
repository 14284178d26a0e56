//! [`Id`]: the id of one kind of thing.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use uuid::Uuid;

use super::is_type_id_prefix;
use crate::time::{Clock, Timestamp};

/// A kind of thing that has ids of its own.
///
/// ```
/// use gravity_core::{Clock, Entity, Id};
///
/// struct Note;
///
/// impl Entity for Note {
///     const PREFIX: &'static str = "note";
/// }
///
/// let id: Id<Note> = Id::new(&Clock::system());
/// assert!(id.to_string().starts_with("note_"));
/// ```
///
/// A prefix that a TypeID may not have does not compile:
///
/// ```compile_fail
/// # use gravity_core::{Clock, Entity, Id};
/// struct Note;
///
/// impl Entity for Note {
///     const PREFIX: &'static str = "Note-";
/// }
///
/// let id: Id<Note> = Id::new(&Clock::system());
/// ```
pub trait Entity {
    /// What stands before its ids on the wire: 1 to 63 of `a` to `z` and `_`, a letter at either end.
    const PREFIX: &'static str;
}

/// The id of an `E`: a UUID, by default one that begins with the time it was made (UUIDv7).
///
/// As text and in JSON it is a TypeID such as `note_01h455vb4pex5vsknk084sn02q`; text with another
/// prefix is refused, so the id of a user cannot pass for that of a note. In a database it is a
/// `uuid` on PostgreSQL and a `BLOB` of 16 bytes on SQLite; all of them sort by the time made.
pub struct Id<E> {
    uuid: Uuid,
    entity: PhantomData<fn() -> E>,
}

impl<E: Entity> Id<E> {
    const PREFIX_IS_VALID: () = assert!(
        !E::PREFIX.is_empty() && is_type_id_prefix(E::PREFIX),
        "an entity's prefix has 1 to 63 of `a` to `z` and `_`, and a letter at either end"
    );

    /// A new id of the clock's time, greater than every one made from this clock before.
    pub fn new(clock: &Clock) -> Self {
        Self::from_uuid(clock.uuid())
    }

    /// The id with this number, of whatever version it is.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        let () = Self::PREFIX_IS_VALID;
        Self { uuid, entity: PhantomData }
    }
}

impl<E> Id<E> {
    /// Its number.
    pub const fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// When it was made, to the millisecond; `None` if it is no UUIDv7 and so does not tell.
    pub fn created_at(&self) -> Option<Timestamp> {
        if self.uuid.get_version_num() != 7 {
            return None;
        }
        let millis = i64::try_from(self.uuid.as_u128() >> 80).ok()?;
        Timestamp::from_millis(millis).ok()
    }
}

// Derives would ask the same of `E`, which is but a name.
impl<E> Clone for Id<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Id<E> {}

impl<E> PartialEq for Id<E> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<E> Eq for Id<E> {}

impl<E> PartialOrd for Id<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Id<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<E> Hash for Id<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

crate::sql_value::sql_value!([E: Entity] Id<E> as Uuid, |id| id.uuid, |uuid| Ok(Id::from_uuid(uuid)));
