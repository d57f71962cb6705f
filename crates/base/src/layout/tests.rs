use super::*;
use crate::access::Role;
use askama::Template;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"{% extends "layout/templates/base.html" %}
{% import "layout/templates/parts.html" as parts %}
{% block title %}Trial{% endblock %}
{% block main %}
<h1>Trial</h1>
{{ parts::notice("warn", "Mind <this>") }}
{{ parts::error_summary("Wrong", errors) }}
{% call parts::field("email", "E-mail", "email", "a@b", "", "Not an address") %} autocomplete="email"{% endcall %}
{% call parts::table("t", "Caption", "") %}<tbody><tr><th scope="row">a</th><td class="num">1</td></tr></tbody>{% endcall %}
{{ parts::figure("Label", "19%", "17% to 22%") }}
{{ parts::pagination("Pages", pages) }}
{{ parts::progress("job", "Half", 1, 2) }}
{% endblock %}"##
)]
struct Trial {
    p: Frame,
    errors: Vec<(&'static str, String)>,
    pages: Vec<PageLink>,
}

fn frame(language: Language, role: Option<Role>) -> Frame {
    Frame {
        language,
        words: Arc::new(Words::load().expect("words")),
        viewer: role.map(|role| Viewer {
            account_id: "a".into(),
            name: "Ana".into(),
            roles: vec![("5199999".into(), role)],
        }),
        district: Some(District { id: "5199999".into(), name: "Millbrook".into(), fictional: true }),
        csrf: "token".into(),
        path: "/d/5199999/gap/map".into(),
        query: "measure=m1".into(),
    }
}

fn page(p: Frame) -> String {
    let pages =
        (1..=2).map(|n| PageLink { href: format!("?page={n}"), number: n, current: n == 1 }).collect();
    Trial { p, errors: vec![("email", "Not an address".into())], pages }.render().expect("a page")
}

#[test]
fn an_analyst_sees_only_entries_that_may_be_followed() {
    let p = frame(Language::En, Some(Role::Analyst));
    let keys: Vec<String> = p.navigation().into_iter().map(|l| l.href).collect();
    assert!(keys.contains(&"/d/5199999/data".to_owned()));
    assert!(!keys.iter().any(|h| h.starts_with("/accounts") || h.starts_with("/audit")));
    assert!(p.navigation().iter().any(|l| l.current && l.href.ends_with("/gap/map")));
    let nobody = frame(Language::En, None);
    assert!(nobody.navigation().is_empty() && nobody.foot_links().is_empty());
}

#[test]
fn every_page_of_a_fictional_district_says_so_in_its_language() {
    for (language, said) in
        [(Language::En, "This district is fictional."), (Language::Es, "Este distrito es ficticio.")]
    {
        let html = page(frame(language, None));
        assert!(html.contains(said), "{language:?}");
        let mut real = frame(language, None);
        real.district.as_mut().expect("a district").fictional = false;
        assert!(!page(real).contains(said), "{language:?}");
    }
}

#[test]
fn the_language_switch_keeps_the_page_and_its_query() {
    let links = frame(Language::En, None).language_links();
    assert_eq!(links.len(), 1);
    assert_eq!(links[0].href, "?measure=m1&lang=es");
    assert_eq!(links[0].label, "Español");
}

#[test]
fn parts_render_with_their_labels_and_escape_text() {
    let html = page(frame(Language::Es, Some(Role::Coordinator)));
    assert!(html.contains("Mind &#60;this&#62;"));
    insta::assert_snapshot!(
        "parts",
        html[html.find("<h1>").expect("h1")..html.find("</main>").expect("main")].to_owned()
    );
}

#[test]
fn pages_carry_no_inline_style_or_script() {
    let html = page(frame(Language::En, Some(Role::Administrator)));
    assert!(!html.contains("style=") && !html.contains("<style") && !html.contains("<script"));
}

#[test]
fn a_date_is_written_as_the_language_does() {
    assert_eq!(frame(Language::En, None).date(1_795_176_000_000), "November 20, 2026");
    assert_eq!(frame(Language::Es, None).date(1_795_176_000_000), "20 de noviembre de 2026");
}
