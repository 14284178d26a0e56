//! `gravity openapi`.

use anyhow::Result;

use crate::platform::Platform;
use crate::routes;
use crate::say::say;
use crate::settings::Settings;

pub(crate) async fn openapi(mut settings: Settings) -> Result<()> {
    // The document depends on no database: one that is thrown away will do.
    settings.database_url = Some("sqlite::memory:".into());
    let platform = Platform::open(&settings, &settings.public_url(settings.listen)).await?;
    say!("{}", serde_json::to_string_pretty(routes::document(&platform, &settings).as_value())?);
    Ok(())
}
