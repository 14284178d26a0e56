//! What every Gravity service stands on.
