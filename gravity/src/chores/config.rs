//! `gravity check-config`.

use anyhow::Result;

use crate::cli::Place;
use crate::settings::{self, Settings};

pub(crate) fn check_config(place: &Place, reference: bool) -> Result<()> {
    if reference {
        print!("{}", settings::source(place).reference::<Settings>());
        return Ok(());
    }
    let loaded = Settings::load(place)?;
    println!("the settings are right");
    for (key, origin) in &loaded.origins {
        println!("  {key}: from {origin}");
    }
    for name in &loaded.ignored {
        println!("  {name} is no setting, and was passed over");
    }
    Ok(())
}
