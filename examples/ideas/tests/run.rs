//! Every program ends well.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::process::Command;

fn run(program: &str) {
    let output = Command::new(program).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(!said.trim().is_empty(), "it says what it has done");
}

macro_rules! programs {
    ($($test:ident = $name:literal;)*) => {$(
        #[test]
        fn $test() {
            run(env!(concat!("CARGO_BIN_EXE_", $name)));
        }
    )*};
}

programs! {
    a_subscriber = "subscriber";
    a_scheduled_job = "scheduled_job";
    a_saga = "saga";
    the_callers_transaction = "callers_transaction";
    an_existing_application = "existing_application";
    a_service_elsewhere = "service_elsewhere";
}
