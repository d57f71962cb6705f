//! What the program prints. That nobody reads it any more, as after `| head`, is no failure: the work goes on to its end.

use std::fmt::Arguments;
use std::io::Write;

/// Writes to a stream that may be closed.
pub fn write(mut stream: impl Write, text: Arguments<'_>) {
    let _ = stream.write_fmt(text);
}

/// A line on the standard output.
macro_rules! say {
    ($($text:tt)*) => { $crate::out::write(std::io::stdout().lock(), format_args!("{}\n", format_args!($($text)*))) };
}

/// A line on the standard error.
macro_rules! complain {
    ($($text:tt)*) => { $crate::out::write(std::io::stderr().lock(), format_args!("{}\n", format_args!($($text)*))) };
}

pub(crate) use {complain, say};
