//! `gravity migrate`.

use anyhow::{Context, Result};
use gravity_core::db::MigrationState;

use crate::folder::Folder;
use crate::platform;
use crate::say::say;
use crate::settings::Settings;

pub(crate) async fn migrate(settings: Settings, only_status: bool) -> Result<()> {
    let db = platform::connect(&settings, &Folder::open(&settings.data)?).await?;
    for migrations in platform::migrations() {
        let service = migrations.service();
        if only_status {
            for step in migrations.status(&db).await? {
                let state = match step.state {
                    MigrationState::Pending => "pending".to_owned(),
                    MigrationState::Applied(at) => format!("applied {at}"),
                };
                say!("{service} {:>4} {}: {state}", step.version, step.name);
            }
            continue;
        }
        let done = migrations.up(&db).await.context(platform::MIGRATING)?;
        for step in &done {
            say!("{service} {:>4} {}: applied", step.version(), step.name());
        }
        if done.is_empty() {
            say!("{service}: up to date");
        }
    }
    Ok(())
}
