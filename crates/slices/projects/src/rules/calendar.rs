//! Tasks and meetings as a calendar that other programs take: iCalendar (RFC 5545), days without a time.

use jiff::civil::Date;

/// Something with days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What no other event has: `task-3@` and the project.
    pub uid: String,
    /// What it is.
    pub summary: String,
    /// More about it; may be empty.
    pub description: String,
    /// The first day.
    pub begin: Date,
    /// The last day.
    pub last: Date,
}

/// The most octets of a line without its end (RFC 5545, section 3.1).
const LINE: usize = 75;

/// The calendar, as of a time, ms since 1970 UTC.
pub fn calendar(name: &str, events: &[Event], made_ms: i64) -> String {
    let stamp =
        jiff::Timestamp::from_millisecond(made_ms).unwrap_or_default().strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut out = String::new();
    let mut line = |text: &str| fold(text, &mut out);
    line("BEGIN:VCALENDAR");
    line("VERSION:2.0");
    line("PRODID:-//Evenfield//Projects//EN");
    line(&format!("X-WR-CALNAME:{}", escape(name)));
    for event in events {
        // The end of an event without a time is the day after it (section 3.6.1).
        let end = event.last.tomorrow().unwrap_or(event.last);
        line("BEGIN:VEVENT");
        line(&format!("UID:{}", escape(&event.uid)));
        line(&format!("DTSTAMP:{stamp}"));
        line(&format!("DTSTART;VALUE=DATE:{}", event.begin.strftime("%Y%m%d")));
        line(&format!("DTEND;VALUE=DATE:{}", end.strftime("%Y%m%d")));
        line(&format!("SUMMARY:{}", escape(&event.summary)));
        if !event.description.is_empty() {
            line(&format!("DESCRIPTION:{}", escape(&event.description)));
        }
        line("TRANSP:TRANSPARENT");
        line("END:VEVENT");
    }
    line("END:VCALENDAR");
    out
}

/// A text (section 3.3.11).
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| *c == '\n' || *c == '\t' || !c.is_control()) {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out
}

/// A line in pieces of 75 octets at most, none of which splits a character.
fn fold(text: &str, out: &mut String) {
    let mut room = LINE;
    for c in text.chars() {
        if c.len_utf8() > room {
            out.push_str("\r\n ");
            room = LINE - 1;
        }
        room -= c.len_utf8();
        out.push(c);
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn event(summary: &str) -> Event {
        Event {
            uid: "task-1@p".to_owned(),
            summary: summary.to_owned(),
            description: String::new(),
            begin: date(2026, 12, 31),
            last: date(2026, 12, 31),
        }
    }

    #[test]
    fn an_event_of_a_day_ends_on_the_next_one() {
        let text = calendar("A, B", &[event("Order; then wait")], 1_796_083_200_000);
        let wanted = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Evenfield//Projects//EN\r\nX-WR-CALNAME:A\\, B\r\n\
                      BEGIN:VEVENT\r\nUID:task-1@p\r\nDTSTAMP:20261201T000000Z\r\nDTSTART;VALUE=DATE:20261231\r\n\
                      DTEND;VALUE=DATE:20270101\r\nSUMMARY:Order\\; then wait\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(text, wanted);
    }

    proptest! {
        #[test]
        fn lines_are_short_and_unfold_to_what_was_said(summary in "[a-zñ€𝄞,;\\\\\n ]{0,200}") {
            let text = calendar("x", &[event(&summary)], 0);
            prop_assert!(text.split("\r\n").all(|line| line.len() <= LINE));
            let whole = text.replace("\r\n ", "");
            let said = whole.split("\r\n").find_map(|line| line.strip_prefix("SUMMARY:")).expect("a summary");
            let (mut back, mut chars) = (String::new(), said.chars());
            while let Some(c) = chars.next() {
                back.push(match c {
                    '\\' => match chars.next().expect("something escaped") { 'n' => '\n', c => c },
                    c => c,
                });
            }
            prop_assert_eq!(back, summary);
        }
    }
}
