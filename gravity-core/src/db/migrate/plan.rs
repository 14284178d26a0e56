//! What is left to do, or why nothing may be done.

use super::super::{Engine, Error, ErrorKind};
use super::ledger::Applied;
use super::{Migration, Migrations};

/// The steps that were not applied yet.
pub(super) fn pending(
    migrations: &Migrations,
    applied: &[Applied],
    engine: Engine,
) -> Result<&'static [Migration], Error> {
    let service = migrations.service;
    let refuse = |why: String| Err(Error::new(ErrorKind::Migration, format!("{service}: {why}")));
    if let Some(newer) =
        applied.iter().find(|row| !migrations.all.iter().any(|known| known.version() == row.version))
    {
        return refuse(format!(
            "the database is newer than this program: it has step {} (`{}`), and the program knows {}; \
             deploy the newer program",
            newer.version,
            newer.name,
            migrations.all.len(),
        ));
    }
    for (known, row) in migrations.all.iter().zip(applied) {
        if known.version() != row.version {
            return refuse(format!(
                "step {} (`{}`) was never applied, and step {} was; the ledger `{}` has a gap",
                known.version,
                known.name,
                row.version,
                migrations.ledger(),
            ));
        }
        if known.checksum(engine) != row.checksum {
            return refuse(format!(
                "step {} (`{}`) was changed after it was applied; write a new step instead",
                known.version, known.name,
            ));
        }
    }
    Ok(&migrations.all[applied.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Migrations = Migrations::new(
        "plan",
        &[
            Migration::new(1, "one", "a", "b"),
            Migration::new(2, "two", "c\r\n", "d"),
            Migration::new(3, "three", "e", "f"),
        ],
    );

    fn applied(versions: &[i64]) -> Vec<Applied> {
        let row = |&version: &i64| {
            let known = KNOWN.all.iter().find(|known| known.version() == version);
            Applied {
                version,
                name: known.map_or("later", |known| known.name).into(),
                checksum: known.map(|known| known.checksum(Engine::Sqlite)).unwrap_or_default(),
                at: crate::Timestamp::UNIX_EPOCH,
            }
        };
        versions.iter().map(row).collect()
    }

    fn refusal(rows: &[Applied]) -> String {
        let error = pending(&KNOWN, rows, Engine::Sqlite).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Migration);
        error.to_string()
    }

    #[test]
    fn what_is_missing_at_the_end_is_left_to_do() {
        for count in 0..=3 {
            let rows = applied(&[1, 2, 3][..count]);
            assert_eq!(pending(&KNOWN, &rows, Engine::Sqlite).unwrap().len(), 3 - count);
        }
    }

    #[test]
    fn a_newer_database_a_gap_and_a_change_are_refused() {
        assert!(refusal(&applied(&[1, 2, 3, 4])).contains("newer than this program"));
        assert!(refusal(&applied(&[1, 3])).contains("gap"));
        let mut changed = applied(&[1, 2]);
        changed[1].checksum = "0".repeat(64);
        assert!(refusal(&changed).contains("changed after"));
    }

    #[test]
    fn line_endings_change_nothing() {
        let unix = Migration::new(1, "x", "a\nb\n", "");
        let windows = Migration::new(1, "x", "a\r\nb\r\n", "");
        assert_eq!(unix.checksum(Engine::Sqlite), windows.checksum(Engine::Sqlite));
    }
}
