//! What the program prints. That nobody reads it any more, as after `| head`, is no failure: the work goes on to its end.

use evenfield_model::Problem;
use std::fmt::Arguments;
use std::io::Write;

/// Writes to a stream that may be closed.
pub fn write(mut stream: impl Write, text: Arguments<'_>) {
    let _ = stream.write_fmt(text);
}

/// One line, without control characters: what an input says must not move the terminal's cursor.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A problem on one line: `evenfield.toml:4: server.lissen: …`.
pub fn problem(problem: &Problem) -> String {
    let mut line = problem.file.clone();
    if problem.line > 0 {
        line += &format!(":{}", problem.line);
    }
    if !problem.column.is_empty() {
        line += &format!(": {}", problem.column);
    }
    if !problem.said.is_empty() {
        line += &format!(": said `{}`", problem.said);
    }
    printable(&(line + &format!(": wanted {}", problem.wanted)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use evenfield_model::Problems;

    #[test]
    fn an_input_does_not_move_the_cursor() {
        let mut problems = Problems::default();
        problems.push("a\u{1b}[2J.csv", 3, "ar\rea", "x\n\u{9b}1m", "a number");
        assert_eq!(problem(&problems.kept()[0]), "a [2J.csv:3: ar ea: said `x  1m`: wanted a number");
    }
}
