//! HTTP of the slice `lending`.

mod agreements;
pub(super) mod api;
mod caps;
mod carrier_hook;
mod columns;
mod contact;
mod counter;
mod cover;
mod devices;
mod edit;
mod evidence;
mod family;
mod family_link;
mod help;
mod hooks;
mod household;
mod kiosk;
mod kits;
mod labels;
mod letters;
mod line;
mod lines;
pub(super) mod message_texts;
mod messages;
mod orders;
mod overdue;
mod programs;
mod rankings;
mod replies;
mod report;
mod requests;
mod returns;
mod rule_sets;
mod rules;
mod sign;
mod undo;
mod upload;
mod usage;
pub(super) mod words;

use crate::access::Action;
use crate::layout::PageLink;
use crate::message::mail::STOP_PATH;
use crate::message::twilio::{REPLY_PATH, REPORT_PATH};
use crate::routes::limits::Limit;
use crate::routes::{Needs, Route, route};
use axum::routing::{get, post};

/// The pages that lead to each other: the message's key, and the path in the district.
pub const TABS: [(&str, &str); 14] = [
    ("lending-counter-title", "/lending"),
    ("kiosk-title", "/lending/kiosk"),
    ("lending-requests-title", "/lending/requests"),
    ("lending-devices-title", "/lending/devices"),
    ("lending-lines-title", "/lending/lines"),
    ("lending-usage-title", "/lending/usage"),
    ("lending-overdue-title", "/lending/overdue"),
    ("message-title", "/lending/messages"),
    ("help-title", "/lending/help"),
    ("sign-agreements", "/lending/agreements"),
    ("program-title", "/lending/programs"),
    ("lending-orders-title", "/lending/orders"),
    ("lending-report-title", "/lending/report"),
    ("lending-rules-title", "/lending/rules"),
];

/// The rows of the route table.
pub fn routes() -> Vec<Route> {
    let lend = Needs::May(Action::Lend);
    let manage = Needs::May(Action::ManageLending);
    let mut routes = circulation(lend, manage);
    routes.extend(families(lend, manage));
    routes.extend(api::routes());
    routes
}

/// What families and those who help them ask for, and the gateways of messages.
fn families(lend: Needs, manage: Needs) -> Vec<Route> {
    vec![
        route("/d/{district}/lending/agreements", lend, get(agreements::page)),
        route("/d/{district}/lending/agreements/new", manage, post(agreements::stored)),
        route("/d/{district}/lending/unsigned.csv", lend, get(agreements::csv)),
        route("/d/{district}/lending/loans/{loan}", lend, get(sign::loan)),
        route("/d/{district}/lending/loans/{loan}/sign", lend, get(sign::form).post(sign::sent)),
        route("/d/{district}/lending/loans/{loan}/trouble", lend, post(help::opened)),
        route("/h/{district}/sign", Needs::Public, get(sign::family).post(sign::family_sent))
            .limited(Limit::Survey)
            .open_form(),
        route("/d/{district}/lending/kiosk", lend, get(kiosk::page).post(kiosk::scanned)),
        route("/d/{district}/lending/help", lend, get(help::page)),
        route("/d/{district}/lending/help.csv", lend, get(help::csv)),
        route("/d/{district}/lending/help/{case}", lend, get(help::one).post(help::sent)),
        route("/d/{district}/lending/repairs", lend, get(help::repairs)),
        route("/d/{district}/lending/repairs.csv", lend, get(help::repairs_csv)),
        route("/d/{district}/lending/repairs/change", manage, post(help::repaired)),
        route("/d/{district}/lending/devices/{item}/warranty", manage, post(help::warranty)),
        route("/d/{district}/lending/programs", manage, get(programs::page).post(programs::sent)),
        route("/h/{district}", Needs::Public, get(family::start).post(family::sent))
            .limited(Limit::Survey)
            .open_form(),
        route("/h/{district}/order", Needs::Public, get(family::rule)),
        route("/h/{district}/link", Needs::Public, get(family_link::page).post(family_link::sent))
            .limited(Limit::Survey)
            .open_form(),
        route("/h/{district}/stop", Needs::Public, get(family_link::stop).post(family_link::stopped))
            .limited(Limit::Survey)
            .open_form(),
        route(REPORT_PATH, Needs::Proof, post(hooks::report)),
        route(REPLY_PATH, Needs::Proof, post(hooks::replied)),
        route(carrier_hook::TOLD_PATH, Needs::Proof, post(carrier_hook::told)),
        route(STOP_PATH, Needs::Proof, get(hooks::mail_link).post(hooks::mail_stop)),
        route("/d/{district}/lending/contact/{student}", lend, get(contact::page).post(contact::sent)),
        route("/d/{district}/lending/messages", lend, get(messages::page)),
        route("/d/{district}/lending/messages.csv", lend, get(messages::csv)),
        route("/d/{district}/lending/replies", lend, get(replies::page).post(replies::dealt_with)),
        route("/d/{district}/lending/replies.csv", lend, get(replies::csv)),
        route(
            "/d/{district}/lending/messages/settings",
            manage,
            get(messages::settings).post(messages::stored),
        ),
        route(
            "/d/{district}/lending/messages/texts",
            manage,
            get(message_texts::page).post(message_texts::sent),
        ),
        route("/d/{district}/lending/letters", lend, get(letters::page)),
    ]
}

/// What is lent, its lines and the rules.
fn circulation(lend: Needs, manage: Needs) -> Vec<Route> {
    vec![
        route("/d/{district}/lending", lend, get(counter::page).post(counter::sent)),
        route("/d/{district}/lending/loans.csv", manage, get(counter::records_csv)),
        route("/d/{district}/lending/evidence.zip", manage, get(evidence::archive)),
        route("/d/{district}/lending/rules", manage, get(rules::page).post(rules::stored)),
        route("/d/{district}/lending/devices", lend, get(devices::list)),
        route("/d/{district}/lending/devices.csv", lend, get(devices::csv)),
        route("/d/{district}/lending/devices/new", manage, get(edit::new).post(edit::added)),
        route("/d/{district}/lending/devices/upload", manage, get(upload::page).post(upload::upload))
            .uploads(upload::UPLOAD_BYTES),
        route("/d/{district}/lending/columns", manage, get(columns::page).post(columns::sent)),
        route("/d/{district}/lending/columns.csv", manage, get(columns::csv)),
        route("/d/{district}/lending/kits", manage, get(kits::page).post(kits::sent)),
        route("/d/{district}/lending/kits.csv", manage, get(kits::csv)),
        route("/d/{district}/lending/devices/{item}/parts", manage, post(kits::completed)),
        route("/d/{district}/lending/labels", lend, get(labels::page)),
        route("/d/{district}/lending/devices/{item}", lend, get(devices::one)),
        route("/d/{district}/lending/devices/{item}/edit", manage, get(edit::form).post(edit::edited)),
        route("/d/{district}/lending/devices/{item}/state", manage, post(edit::moved)),
        route("/d/{district}/lending/requests", lend, get(requests::page).post(requests::sent)),
        route("/d/{district}/lending/requests.csv", lend, get(requests::csv)),
        route("/d/{district}/lending/requests/offer", manage, post(requests::offered)),
        route("/d/{district}/lending/rule-sets", manage, get(rule_sets::page).post(rule_sets::stored)),
        route("/d/{district}/lending/rule-sets.csv", manage, get(rule_sets::csv)),
        route("/d/{district}/lending/caps", manage, get(caps::page).post(caps::stored)),
        route("/d/{district}/lending/caps.csv", manage, get(caps::csv)),
        route("/d/{district}/lending/report", manage, get(report::page)),
        route("/d/{district}/lending/report/months.csv", manage, get(report::months_csv)),
        route("/d/{district}/lending/report/groups.csv", manage, get(report::groups_csv)),
        route("/d/{district}/lending/rankings", manage, get(rankings::list)),
        route("/d/{district}/lending/rankings.csv", manage, get(rankings::csv)),
        route("/d/{district}/lending/rankings/{ranking}", manage, get(rankings::one)),
        route("/d/{district}/lending/rankings/{ranking}/order.bin", manage, get(rankings::bytes)),
        route("/d/{district}/lending/order", manage, get(requests::score).post(requests::scored)),
        route("/d/{district}/lending/usage", lend, get(usage::page)),
        route("/d/{district}/lending/usage.csv", lend, get(usage::csv)),
        route("/d/{district}/lending/usage/upload", manage, post(usage::upload))
            .uploads(upload::UPLOAD_BYTES),
        route("/d/{district}/lending/household", lend, post(household::said)),
        route("/d/{district}/lending/returned", lend, post(returns::said)),
        route("/d/{district}/lending/lines/{line}", lend, get(line::page)),
        route("/d/{district}/lending/lines/{line}/change", manage, post(line::changed)),
        route("/d/{district}/lending/lines", lend, get(lines::list)),
        route("/d/{district}/lending/lines/upload", manage, post(lines::upload))
            .uploads(upload::UPLOAD_BYTES),
        route("/d/{district}/lending/lines.csv", lend, get(lines::csv)),
        route("/d/{district}/lending/overdue", lend, get(overdue::page).post(overdue::told_them)),
        route("/d/{district}/lending/overdue.csv", lend, get(overdue::csv)),
        route("/d/{district}/lending/overdue/approve", manage, post(overdue::approved)),
        route("/d/{district}/lending/orders", lend, get(orders::page)),
        route("/d/{district}/lending/orders.csv", lend, get(orders::csv)),
        route("/d/{district}/lending/orders/done", manage, post(orders::done)),
    ]
}

/// Rows on a page.
const PER_PAGE: i64 = 50;
/// Page links shown around the current page.
const AROUND: i64 = 4;

/// The page that is asked for, and the rows on it.
fn range(page: Option<i64>) -> (i64, (i64, i64)) {
    let current = page.unwrap_or(1).clamp(1, 1_000_000);
    (current, ((current - 1) * PER_PAGE, PER_PAGE))
}

/// Links to the pages of a list; `base` ends where the number begins.
fn page_links(base: &str, current: i64, found: i64) -> Vec<PageLink> {
    let last = (found + PER_PAGE - 1) / PER_PAGE;
    (1..=last)
        .filter(|n| *n == 1 || *n == last || (n - current).abs() <= AROUND)
        .map(|n| PageLink { href: format!("{base}{n}"), number: n.unsigned_abs(), current: n == current })
        .collect()
}
