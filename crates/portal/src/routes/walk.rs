//! Every row of the whole table, asked by every role and by nobody.

use super::{Needs, table};
use crate::access::{Action, Role, may};
use crate::testing::{Browser, Kit, Reply};
use axum::body::Body;
use axum::http::{Method, Request};

const A: &str = "5100001";
const B: &str = "5100002";
/// A value for parameters of a path that name nothing.
const NOTHING: &str = "00000000-0000-7000-8000-000000000000";

/// The path with its parameters filled: this district, and something that does not exist.
fn filled(path: &str, district: &str) -> String {
    let piece = |piece: &str| match piece {
        "{district}" => district.to_owned(),
        p if p.starts_with('{') => NOTHING.to_owned(),
        p => p.to_owned(),
    };
    path.split('/').map(piece).collect::<Vec<_>>().join("/")
}

async fn ask(browser: &Browser, method: &Method, path: &str) -> Reply {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
    browser.send(request).await
}

/// With the token, but with nothing else in the form.
async fn send(browser: &Browser, path: &str) -> Reply {
    browser.post(path, &[]).await
}

async fn kit() -> Kit {
    let kit = Kit::new().await;
    kit.district(A, "Alpha").await;
    kit.district(B, "Beta").await;
    kit
}

/// The refusal that the table demands for this role (none: nobody) in a district of its own.
fn refusal(needs: Needs, role: Option<Role>) -> Option<u16> {
    match (needs, role) {
        (Needs::Public, _) | (Needs::SignedIn, Some(_)) => None,
        (Needs::Proof, _) => Some(401),
        (_, None) => Some(303),
        (Needs::May(action), Some(role)) => (!may(role, action)).then_some(403),
    }
}

#[tokio::test]
async fn each_role_gets_what_the_table_says_and_no_more() {
    let kit = kit().await;
    let rows = table();
    assert!(rows.len() > 10, "the whole table");
    let mut browsers = vec![(None, kit.browser())];
    for role in Role::ALL {
        browsers.push((Some(role), kit.sign_in(role, A).await));
    }
    for row in &rows {
        let path = filled(row.path, A);
        for (role, browser) in &browsers {
            for method in [Method::GET, Method::POST] {
                if row.path == "/logout" && method == Method::POST {
                    continue; // would end the session; the account's tests do it
                }
                let reply = if method == Method::GET {
                    ask(browser, &method, &path).await
                } else {
                    send(browser, &path).await
                };
                let who = format!("{method} {} as {role:?}", row.path);
                match refusal(row.needs, *role) {
                    // A person's session is no proof; a method that the row does not have is not looked at.
                    Some(401) => assert!([401, 405].contains(&reply.status), "{who}: {}", reply.status),
                    Some(303) => {
                        assert_eq!(reply.status, 303, "{who}");
                        assert!(reply.location().starts_with("/login"), "{who}: {}", reply.location());
                    }
                    Some(status) => assert_eq!(reply.status, status, "{who}"),
                    // Let in: what is missing behind the door is 404, an empty form 4xx; never a refusal.
                    None => {
                        assert!(reply.status < 500, "{who}: {} {}", reply.status, reply.body);
                        assert!(![401, 403].contains(&reply.status), "{who}: {}", reply.status);
                        let to_login = reply.status == 303 && reply.location().starts_with("/login");
                        assert!(!to_login || row.needs == Needs::Public, "{who}: {}", reply.location());
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn nobody_crosses_districts() {
    let kit = kit().await;
    let (alpha, _) = kit.sign_in_with(&[(A, Role::Administrator)]).await;
    let (_, of_b) = kit.sign_in_with(&[(B, Role::Clerk)]).await;
    let is_for_people = |row: &&super::Route| !matches!(row.needs, Needs::Public | Needs::Proof);
    for row in table().iter().filter(|r| r.path.contains("{district}")).filter(is_for_people) {
        for path in [filled(row.path, B), filled(row.path, "5199999")] {
            assert_eq!(ask(&alpha, &Method::GET, &path).await.status, 404, "GET {path}");
            assert_eq!(send(&alpha, &path).await.status, 404, "POST {path}");
        }
        // What belongs to B under A's path. Only rows that have a parameter besides the district.
        if row.path.matches('{').count() > 1 {
            // It must look like what does not exist: not found, or refused before anything was looked up
            // (an empty form; the slice's own tests send whole ones).
            let nothing = filled(row.path, A);
            let path = nothing.replace(NOTHING, &of_b);
            let asked = (ask(&alpha, &Method::GET, &path).await, ask(&alpha, &Method::GET, &nothing).await);
            let sent = (send(&alpha, &path).await, send(&alpha, &nothing).await);
            assert!([404, 405].contains(&asked.0.status), "GET {path}: {}", asked.0.status);
            assert!([400, 404, 405, 422].contains(&sent.0.status), "POST {path}: {}", sent.0.status);
            for (theirs, none) in [asked, sent] {
                assert_eq!(theirs.status, none.status, "{path}");
                assert_eq!(theirs.body.replace(&of_b, NOTHING), none.body, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn every_change_without_the_token_fails() {
    let kit = kit().await;
    let state = kit.sign_in(Role::Administrator, "*").await;
    for row in &table() {
        let path = filled(row.path, A);
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            let reply = ask(&state, &method, &path).await;
            let allowed: &[u16] = match row.needs {
                _ if row.file => &[405],
                Needs::Proof => &[401, 405],
                _ => &[403],
            };
            assert!(allowed.contains(&reply.status), "{method} {path}: {}", reply.status);
        }
        if !row.file && row.needs != Needs::Proof {
            assert_eq!(state.post_bare(&path, &[("x", "1")]).await.status, 403, "{path}");
        }
    }
}

#[test]
fn the_table_has_each_path_once_and_districts_are_never_public_by_mistake() {
    let rows = table();
    let mut paths: Vec<_> = rows.iter().map(|r| r.path).collect();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), rows.len());
    for row in &rows {
        if let Needs::May(_) = row.needs {
            assert!(row.path.contains("{district}"), "{} needs a role in no district", row.path);
        }
        let is_open = ["/s/", "/h/", "/b/"].iter().any(|begins| row.path.starts_with(begins));
        assert!(
            !row.open_form || is_open,
            "{}: only the survey, requests of households and the block page are open forms",
            row.path
        );
        if row.path.contains("{district}") && !is_open {
            assert_ne!(row.needs, Needs::Public, "{}", row.path);
        }
    }
}

/// A new row, or a weaker rule of an old one, is seen here by whoever reviews the change.
#[test]
fn who_may_ask_for_what_is_as_agreed() {
    let line = |row: &super::Route| {
        let needs = match row.needs {
            Needs::May(action) => format!("{action:?}"),
            needs => format!("{needs:?}"),
        };
        let limit = row.limit.map_or(String::new(), |limit| format!(", limit {limit:?}"));
        let open = if row.open_form { ", open form" } else { "" };
        let file = if row.file { ", file" } else { "" };
        let size = if row.body_bytes == super::FORM_BYTES {
            String::new()
        } else {
            format!(", {} MiB", row.body_bytes >> 20)
        };
        format!("{:<54} {needs}{limit}{open}{file}{size}", row.path)
    };
    let mut lines: Vec<String> = table().iter().map(line).collect();
    lines.sort();
    insta::assert_snapshot!("table", lines.join("\n"));
}

#[test]
fn the_authorisation_table_is_what_was_agreed() {
    let allowed: Vec<String> = Role::ALL
        .iter()
        .map(|role| {
            let marks = Action::ALL.iter().map(|action| if may(*role, *action) { 'x' } else { '.' });
            format!("{:<13} {}", role.as_str(), marks.collect::<String>())
        })
        .collect();
    // Columns: SeeFigures, SeeData, LoadData, SeeStudents, SeeChances, SeeSections, SeeAnySection, SeeSurvey,
    // SeeRequests, AnswerRequests, ManageEdges, Lend, ManageLending, SeePlans, ManagePlans, ManageAccounts, SeeAudit.
    let agreed = [
        "administrator xxxxxxxxxxxxxxxxxxx",
        "coordinator   xxxxxxxxxxxxxxxxx..",
        "clerk         x..x.......x.......",
        "transport     x............x.x...",
        "teacher       x....x..x..........",
        "partner       x..................",
        "analyst       xx.....x.....x.x...",
    ];
    assert_eq!(allowed, agreed);
}
