//! [`say`]: lines for whoever runs the program.

/// Prints a line. Nobody has to read to the end: `gravity jobs list | head` is no fault.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        drop(writeln!(std::io::stdout(), $($text)*));
    }};
}

pub(crate) use say;
