//! SQL of the slice `lending`.

mod agreements;
mod cards;
mod columns;
mod coverage;
mod deeds;
mod devices;
mod evidence;
mod help;
mod households;
mod kits;
mod lines;
mod links;
mod loans;
mod message_texts;
mod messages;
mod notices;
mod orders;
mod plans;
mod programs;
mod replies;
mod report;
mod requests;
mod rule_sets;
mod rules;
mod told;
mod usage;

pub use agreements::{
    Agreement, Moment, Signature, agreement, agreement_for, agreements, drop_return_signature, lent,
    put_agreement, put_sign_link, put_signature, sign_link, signatures, signed_loans, unsigned,
};
pub use columns::{Mapped, column_maps, put_column_map, remove_column_map};
pub use coverage::{carrier_providers, claims_at_home, claims_of, put_carrier_provider};
pub use deeds::{About, Before, Deed, Did, has_later_deed, last_deed, put_deed, put_loan_back, undo_deed};
pub use devices::{
    DevicePage, DeviceRow, Search, all_devices, device, devices_with_loans, find, put_device, put_devices,
    set_state, taken,
};
pub use evidence::{Service, changes_of_lines, seen_of_lines, services};
pub use help::{
    Case, NewCase, OfCase, Repair, back_from_repair, case, cases, cases_of_student, close_case, is_away,
    note_case, open_case, put_warranty, reopen_case, repairs, send_away, to_repair, warranty,
};
pub use households::{
    free_hotspots, home, hotspots_of_homes, household_hotspots, is_promised, members, put_home,
};
pub use kits::{
    Part, complete, hand_over, kits, lacking, loan_parts, miss_part, models, parts, put_kit, put_part,
    unmiss_parts,
};
pub use lines::{
    LinePage, LineRow, LineSearch, all_lines, cards_of_carrier, find_lines, line, line_of_card, put_line,
    put_lines, set_hold,
};
pub use links::{
    all_districts, answers_since, districts_of_address, districts_with_contacts, link_holders, put_link,
    whose_contact,
};
pub use loans::{
    Becomes, Loan, Record, Student, back_ms, change_loan, households, insert_loan, last_loan, loan,
    loans_of_device, loans_of_student, note_return, open_loan, open_loans, records, records_page,
    scanned_device, student, students_among,
};
pub use message_texts::{
    Contact, Settings, Text, approve_text, approved_text, contact, contacts, is_stopped, newest_text,
    newest_texts, put_contact, put_settings, put_start, put_stop, put_text, remove_contact, settings,
};
pub use messages::{
    Addressee, Ended, Found, Message, NewMessage, addressee, break_off, drop_others, due_messages, due_soon,
    end, find_messages, insert_message, loans_under_way, message, message_of_mail, next_message, offers,
    postpone, reported, sent_to, stop_waiting,
};
pub use notices::{Idle, Troubled, open_facts, put_notice, told, troubled};
pub use orders::{
    Because, Followed, NewOrder, Past, Request, active_and_suspended, districts_with_lines, followed_lines,
    observe_many, orders_of_line, past_of_line, put_orders, refuse_orders, set_wanted, settle,
    suspended_cards,
};
pub use plans::{
    Capped, CarrierPlan, Window, capped_lines, carrier_plans, lent_readings, put_carrier_plan, put_window,
    remove_window, windows,
};
pub use programs::{
    Happened, Token, Webhook, answered, answered_mark, district, due_webhooks, forget_answered, happened,
    put_answered, put_token, put_webhook, revoke_token, stop_webhook, token, tokens, told_webhook,
    used_token, webhooks,
};
pub use replies::{FromFamily, deal_with_reply, put_reply, replies};
pub use report::{Need, needs, spans};
pub use requests::{
    Asked, Ranking, code_holder, lapse, last_request, offer, open_requests, put_ranking, put_request,
    put_score, ranking, rankings, score, serve, unserve, withdraw,
};
pub use rule_sets::{Said, hotspots, put_rule_set, rule_sets, students};
pub use rules::{put_rules, rules};
pub use told::{Outcome, put_outcome, put_requests};
pub use usage::{LineUse, cards_to_ask_use, count_anew, lent_lines, put_usage, put_use_asked};

use crate::db::{Backend, Write};

/// Lets nobody else change what the district lends until the transaction is over. On SQLite nobody can.
///
/// # Errors
/// The database's.
pub async fn lock(tx: &mut Write, district: &str) -> sqlx::Result<()> {
    if Backend::of_connection(tx) == Backend::Postgres {
        // Not FOR UPDATE: every row that refers to the district would wait, too.
        sqlx::query("SELECT id FROM district WHERE id = $1 FOR NO KEY UPDATE")
            .bind(district)
            .fetch_optional(&mut **tx)
            .await?;
    }
    Ok(())
}

/// The pattern of LIKE (with `ESCAPE '\'`) that finds a text anywhere.
fn pattern(text: &str) -> String {
    let escaped: String = text
        .trim()
        .to_lowercase()
        .chars()
        .flat_map(|c| if matches!(c, '%' | '_' | '\\') { vec!['\\', c] } else { vec![c] })
        .collect();
    format!("%{escaped}%")
}
