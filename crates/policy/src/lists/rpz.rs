//! Response policy zones (draft-vixie-dnsop-dns-rpz-00).
//!
//! `name CNAME .` is about the name alone and `*.name CNAME .` about what is below. In a plain zone a longer name takes
//! what lies between it and a wildcard out of the wildcard; whoever wrote the zone meant all names below, and so it
//! is read here.

use super::Reader;
use crate::build::Cover;

/// What is kept between the lines of a zone file.
#[derive(Default)]
pub(super) struct Zone {
    /// Lower case, without a dot at the end; empty while it is not known.
    origin: String,
    owner: String,
    /// Inside parentheses: the rest of a record, which says nothing more about names.
    open: bool,
}

impl Zone {
    pub fn line(&mut self, reader: &mut Reader<'_>, line: &str) {
        let text = line.split(';').next().unwrap_or_default();
        if self.open {
            self.open = !text.contains(')');
            return;
        }
        let mut words = text.split_whitespace();
        if !text.starts_with([' ', '\t']) {
            match words.next() {
                None => return,
                Some("$ORIGIN" | "$origin") => {
                    return match words.next() {
                        Some(origin) => self.origin = bare(origin),
                        None => reader.complain(line, "a name after $ORIGIN"),
                    };
                }
                Some("$TTL" | "$ttl") => return,
                Some(directive) if directive.starts_with('$') => {
                    return reader.complain(line, "a record, $ORIGIN or $TTL; other directives are not read");
                }
                Some(owner) => self.owner = owner.to_ascii_lowercase(),
            }
        }
        self.open = text.contains('(') && !text.contains(')');
        let is_class_or_ttl = |word: &&str| {
            word.eq_ignore_ascii_case("IN") || word.bytes().next().is_some_and(|b| b.is_ascii_digit())
        };
        let mut words = words.skip_while(is_class_or_ttl);
        let Some(kind) = words.next() else { return };
        let target = words.next().unwrap_or_default();
        self.record(reader, line, &kind.to_ascii_uppercase(), target);
    }

    fn record(&mut self, reader: &mut Reader<'_>, line: &str, kind: &str, target: &str) {
        let is_absolute = self.owner.ends_with('.') && self.owner.len() > 1;
        match kind {
            "SOA" if is_absolute && self.origin.is_empty() => return self.origin = bare(&self.owner),
            "SOA" | "NS" | "RRSIG" | "NSEC" | "NSEC3" | "NSEC3PARAM" | "DNSKEY" => return,
            "CNAME" | "A" | "AAAA" | "TXT" | "MX" | "SRV" | "HTTPS" | "SVCB" => {}
            _ => return reader.complain(line, "a record of a type that a response policy zone has"),
        }
        let Some(trigger) = self.trigger() else {
            return reader
                .complain(line, "a name inside the zone; say where it begins with $ORIGIN or a SOA record");
        };
        if trigger.is_empty() || trigger == "@" {
            return reader.complain(line, "a name to act on, which the zone's own name is not");
        }
        let kinds = [".rpz-ip", ".rpz-client-ip", ".rpz-nsip", ".rpz-nsdname"];
        if kinds.iter().any(|kind| trigger.ends_with(kind)) {
            reader.reading.not_names += 1;
            return;
        }
        let (name, cover) = match trigger.strip_prefix("*.") {
            Some(below) => (below, Cover::Below),
            None => (trigger.as_str(), Cover::Exact),
        };
        let target = target.to_ascii_lowercase();
        match (kind, target.as_str()) {
            ("CNAME", "." | "*." | "rpz-drop.") | ("A" | "AAAA", _) => reader.name(line, name, cover, false),
            ("CNAME", "rpz-passthru.") => reader.name(line, name, cover, true),
            // The older form: a name that leads to itself.
            ("CNAME", to) if bare(to) == trigger => reader.name(line, name, cover, true),
            ("CNAME", "rpz-tcp-only.") => reader.reading.not_names += 1,
            ("CNAME", _) => reader.complain(line, "CNAME . or *. or rpz-passthru. or rpz-drop."),
            // Text and the like only come beside an action.
            _ => reader.reading.not_names += 1,
        }
    }

    /// The owner without the zone's own name; `None` for an absolute one outside the zone.
    fn trigger(&self) -> Option<String> {
        let Some(absolute) = self.owner.strip_suffix('.') else { return Some(self.owner.clone()) };
        if self.origin.is_empty() {
            return None;
        }
        if absolute == self.origin {
            return Some(String::new());
        }
        absolute.strip_suffix(&self.origin)?.strip_suffix('.').map(str::to_owned)
    }

    pub fn end(&self, reader: &mut Reader<'_>) {
        if self.open {
            reader.complain("(", "a closing parenthesis before the end of the file");
        }
    }
}

fn bare(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}
