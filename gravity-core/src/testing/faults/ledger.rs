//! [`Ledger`]: what workers saw and did, kept outside of the database.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Clock;

/// Where a process writes down what it sees and does: a file that all of them append to.
///
/// What was noted stays when the process is killed the moment after, and the notes of all processes are in
/// the order in which they were made.
#[derive(Debug, Clone)]
pub struct Ledger {
    file: Arc<File>,
    process: Arc<str>,
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When it was written, in microseconds since the epoch, by the clock of its process.
    pub at: i64,
    /// Who wrote it: the worker's name and which of its processes.
    pub process: String,
    /// What was written.
    pub note: Note,
}

/// What is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The process works.
    Ready,
    /// It makes no more load.
    Calm,
    /// It ends in good order.
    Left,
    /// It was told that the transaction of this fact was committed.
    Acknowledged {
        /// The fact.
        fact: String,
    },
    /// It begins to handle a fact. To be noted before anything is written.
    Attempt {
        /// On whose behalf.
        consumer: String,
        /// The fact.
        fact: String,
        /// A name for this attempt that no other has.
        attempt: String,
    },
    /// It was told that others had taken over, so nothing of this attempt is kept.
    Refused {
        /// The attempt.
        attempt: String,
    },
    /// It is struck here.
    Struck {
        /// The point's name.
        point: String,
    },
    /// Something happens to it or around it.
    Fault {
        /// What.
        what: String,
    },
    /// Something worth reading when a round has failed.
    Said {
        /// What.
        what: String,
    },
}

impl Ledger {
    /// Appends to this file, which is made if it is not there, in the name of a process.
    pub fn open(path: &Path, process: impl Into<Arc<str>>) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { file: Arc::new(file), process: process.into() })
    }

    /// Writes a note down.
    ///
    /// # Panics
    ///
    /// When it cannot be written: the round would be judged by half of what happened.
    pub fn note(&self, note: Note) {
        let entry = Entry { at: Clock::system().now().as_micros(), process: self.process.to_string(), note };
        let mut line = serde_json::to_vec(&entry).unwrap();
        line.push(b'\n');
        // One call, so that it is not mixed with those of others, and is there whole or not at all.
        let written = (&*self.file).write(&line).unwrap();
        assert_eq!(written, line.len(), "the ledger takes no more");
    }

    /// All that was noted in this file.
    pub fn read(path: &Path) -> io::Result<Vec<Entry>> {
        Tail::new(path).read_on()
    }
}

/// Reads what comes to a ledger.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    at: u64,
}

impl Tail {
    /// From the ledger's beginning.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), at: 0 }
    }

    /// Starts with what comes from now on.
    pub fn skip_all(mut self) -> io::Result<Self> {
        self.at = std::fs::metadata(&self.path)?.len();
        Ok(self)
    }

    /// What has come since the last time. A ledger that is not there yet is empty.
    pub fn read_on(&mut self) -> io::Result<Vec<Entry>> {
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            file => file?,
        };
        file.seek(SeekFrom::Start(self.at))?;
        let mut entries = Vec::new();
        let mut lines = BufReader::new(file);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
            entries.push(serde_json::from_slice(&line)?);
            self.at += line.len() as u64;
            line.clear();
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(what: &str) -> Note {
        Note::Said { what: what.into() }
    }

    #[test]
    fn processes_share_a_ledger_and_a_tail_sees_what_is_new() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        assert!(Ledger::read(&path).unwrap().is_empty());
        let (one, two) = (Ledger::open(&path, "w0.1").unwrap(), Ledger::open(&path, "w1.1").unwrap());
        one.note(said("привет\n"));
        let mut tail = Tail::new(&path).skip_all().unwrap();
        two.note(said("b"));
        let names = |entries: &[Entry]| entries.iter().map(|entry| entry.process.clone()).collect::<Vec<_>>();
        assert_eq!(names(&tail.read_on().unwrap()), ["w1.1"]);
        assert!(tail.read_on().unwrap().is_empty());
        let all = Ledger::read(&path).unwrap();
        assert_eq!(names(&all), ["w0.1", "w1.1"]);
        assert_eq!(all[0].note, said("привет\n"));
        // Half a line is not read until it is whole.
        std::fs::write(&path, b"{\"at\":1,").unwrap();
        assert!(Ledger::read(&path).unwrap().is_empty());
    }
}
