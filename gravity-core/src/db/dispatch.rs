//! One `match` over the engines that are compiled in.

/// Runs `$body` for the engine's variant of `$on`, an enum with a variant per engine.
macro_rules! each_engine {
    ($on:expr, $enum:ident($value:pat) => $body:expr) => {
        match $on {
            #[cfg(feature = "sqlite")]
            $enum::Sqlite($value) => $body,
            #[cfg(feature = "postgres")]
            $enum::Postgres($value) => $body,
        }
    };
}
