//! `gravity check-config`.

use anyhow::Result;

use crate::cli::Place;
use crate::platform::check_redis;
use crate::say::say;
use crate::settings::{self, Settings};

pub(crate) fn check_config(place: &Place, reference: bool) -> Result<()> {
    if reference {
        say!("{}", settings::source(place).reference::<Settings>().to_string().trim_end());
        return Ok(());
    }
    let loaded = Settings::load(place)?;
    check_redis(&loaded.value)?;
    say!("the settings are right");
    for (key, origin) in &loaded.origins {
        say!("  {key}: from {origin}");
    }
    for name in &loaded.ignored {
        say!("  {name} is no setting, and was passed over");
    }
    Ok(())
}
