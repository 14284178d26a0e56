//! The folder of all that is kept.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use gravity_core::security::{Key, KeyRing};
use gravity_core::{Clock, SecretString};

const DATABASE: &str = "gravity.db";
const KEYS: &str = "keys.secret";

/// A folder that is there and can be written to.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes the folder if it is missing, and tries whether it can be written to.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let what =
            || format!("the data folder {} cannot be used; choose another with --data", path.display());
        make(path).with_context(what)?;
        let trial = path.join(format!(".trial-{}", std::process::id()));
        File::create(&trial).with_context(what)?;
        fs::remove_file(&trial).with_context(what)?;
        Ok(Self(path.to_owned()))
    }

    /// The URL of the SQLite database in it.
    pub(crate) fn database_url(&self) -> SecretString {
        let path: PathBuf = [&self.0, Path::new(DATABASE)].iter().collect();
        SecretString::from(format!("sqlite://{}", encoded(&path)))
    }

    /// The keys in it, which are made the first time.
    pub(crate) fn keys(&self) -> Result<KeyRing> {
        let path = self.0.join(KEYS);
        let what = || format!("the keys in {} cannot be used", path.display());
        loop {
            match fs::read_to_string(&path) {
                Ok(text) if text.trim().is_empty() => {
                    bail!("{} is empty: put it back from a backup", path.display())
                }
                Ok(text) => return text.trim().parse::<KeyRing>().with_context(what),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    self.write_keys(&path).with_context(what)?;
                }
                Err(error) => return Err(error).with_context(what),
            }
        }
    }

    /// Writes new keys beside their place and moves them there, unless another process was faster.
    fn write_keys(&self, path: &Path) -> Result<()> {
        let key = Key::generate(&Clock::system().now().to_string()[..7])?;
        let beside = self.0.join(format!(".keys-{}", std::process::id()));
        let mut file = secret_file(&beside)?;
        writeln!(file, "{}", key.to_text().expose())?;
        file.sync_all()?;
        let moved = fs::hard_link(&beside, path);
        fs::remove_file(&beside)?;
        match moved {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// The characters that mean something in a URL are escaped.
fn encoded(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23")
}

fn secret_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes the folder, which nobody else of this machine may look into. One that is there is left as it is.
fn make(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
