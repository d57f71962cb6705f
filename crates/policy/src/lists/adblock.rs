//! AdBlock-style rules, as far as they are about names
//! (<https://adguard-dns.io/kb/general/dns-filtering-syntax/>).

use super::{Reader, hosts, is_address};
use crate::build::Cover;

/// Signs of rules for the parts of a page.
const OF_A_PAGE: [&str; 6] = ["##", "#@#", "#?#", "#$#", "#%#", "$$"];
/// Modifiers that change nothing for a resolver.
const SAME: [&str; 3] = ["important", "all", ""];

pub(super) fn line(reader: &mut Reader<'_>, line: &str) {
    let text = line.trim();
    if text.is_empty() || text.starts_with(['!', '[']) {
        return;
    }
    if OF_A_PAGE.iter().any(|sign| text.contains(sign)) {
        reader.reading.not_names += 1;
        return;
    }
    if text.starts_with('#') {
        return;
    }
    if text.split_whitespace().nth(1).is_some() && text.split_whitespace().next().is_some_and(is_address) {
        return hosts::line(reader, line);
    }
    let (excepted, rule) = text.strip_prefix("@@").map_or((false, text), |rule| (true, rule));
    if rule.starts_with('/') {
        return reader.complain(line, "a rule for one name; patterns are not read");
    }
    let (pattern, modifiers) = rule.split_once('$').unwrap_or((rule, ""));
    if let Some(other) = modifiers.split(',').find(|m| !SAME.contains(&m.trim())) {
        if about_the_page(other) {
            reader.reading.not_names += 1;
            return;
        }
        return reader.complain(line, "a rule for everybody and every type; this modifier is not read");
    }
    pattern_of(reader, line, pattern, excepted);
}

fn pattern_of(reader: &mut Reader<'_>, line: &str, pattern: &str, excepted: bool) {
    let ended = pattern.strip_suffix('|').unwrap_or(pattern);
    let (name, closed) = ended.strip_suffix('^').map_or((ended, ended.len() < pattern.len()), |n| (n, true));
    let (name, cover) = match (name.strip_prefix("||"), name.strip_prefix('|')) {
        (Some(name), _) if closed => match name.strip_prefix("*.") {
            Some(below) => (below, Cover::Below),
            None => (name, Cover::Both),
        },
        (None, Some(name)) if closed => (name, Cover::Exact),
        (None, None) if !closed => (name, Cover::Exact),
        _ => {
            return reader
                .complain(line, "||name^ or |name^: without its end the rule means any name so begun");
        }
    };
    if name.contains(['/', '?', '=', ':']) {
        // A rule for addresses of pages: nothing that a resolver is asked.
        reader.reading.not_names += 1;
        return;
    }
    if name.contains('*') {
        return reader.complain(line, "a rule for one name; patterns are not read");
    }
    reader.name(line, name, cover, excepted);
}

/// Modifiers that are about requests of a page, of which the DNS knows nothing.
fn about_the_page(modifier: &str) -> bool {
    let name = modifier.trim().trim_start_matches('~').split('=').next().unwrap_or_default();
    matches!(
        name,
        "third-party"
            | "3p"
            | "first-party"
            | "1p"
            | "domain"
            | "document"
            | "doc"
            | "popup"
            | "script"
            | "image"
            | "stylesheet"
            | "css"
            | "object"
            | "xmlhttprequest"
            | "xhr"
            | "subdocument"
            | "frame"
            | "ping"
            | "websocket"
            | "webrtc"
            | "media"
            | "font"
            | "other"
            | "match-case"
            | "csp"
            | "redirect"
            | "removeparam"
            | "elemhide"
            | "generichide"
            | "genericblock"
            | "jsinject"
            | "content"
            | "urlblock"
            | "header"
            | "method"
    )
}
