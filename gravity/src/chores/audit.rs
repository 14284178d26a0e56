//! `gravity verify-audit`.

use anyhow::{Result, bail};

use crate::platform::Platform;
use crate::say::say;
use crate::settings::Settings;

pub(crate) async fn verify_audit(settings: Settings) -> Result<()> {
    let platform = Platform::open(&settings, &settings.public_url(settings.listen)).await?;
    // What was recorded just now may not be linked yet.
    platform.audit.seal().await?;
    let report = platform.audit.verify().await?;
    if let Some(broken) = &report.broken {
        bail!("the audit log was tampered with, after {} records that are whole: {broken}", report.checked);
    }
    say!(
        "the audit log is whole: {} records, {} of them erased in part by right",
        report.checked,
        report.erased
    );
    say!("checkpoint, to be kept elsewhere: {}", report.checkpoint);
    Ok(())
}
