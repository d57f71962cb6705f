//! From what is put in to what is decided.

use crate::*;
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};

pub(crate) fn key() -> SecretKey {
    SecretKey::from_seed(&[7; 32])
}

pub(crate) fn name(text: &str) -> NameBuf {
    NameBuf::from_text(text).expect(text)
}

fn open(bytes: Vec<u8>) -> Snapshot<Vec<u8>> {
    let snapshot = Snapshot::open(bytes, &key().public()).expect("a snapshot");
    snapshot.verify_all().expect("every byte");
    snapshot
}

const STUDENT: &str = "0123456789abcdef";

/// A district with a list of games, one of adult sites with an exception, one of ways around, rules of three scopes.
fn district() -> Vec<u8> {
    let mut b = Builder::new([1; 16]);
    let (games, adult) = (b.category("games", false), b.category("adult", false));
    let bypass = b.category("bypass", true);
    let lists = [("ut1/games", games), ("ut1/adult", adult), ("ways around", bypass)];
    let [g, a, w] = lists.map(|(name, category)| b.list(name, "2026-08-17", category));
    for text in ["games.example", "deep.chess.example"] {
        b.listed(g, &name(text).as_name(), Cover::Both);
    }
    b.listed(a, &name("adult.example").as_name(), Cover::Both);
    b.listed(a, &name("below.example").as_name(), Cover::Below);
    b.listed(a, &name("exact.example").as_name(), Cover::Exact);
    b.excepted(a, &name("health.adult.example").as_name(), Cover::Both);
    b.listed(a, &name("bad.health.adult.example").as_name(), Cover::Both);
    b.listed(w, &name("use-application-dns.net").as_name(), Cover::Both);
    b.search(&name("www.google.com").as_name(), &name("forcesafesearch.google.com").as_name());
    b.youtube(&name("www.youtube.com").as_name());
    let (state, school, class) = (b.scope("state", 1), b.scope("Elm School", 3), b.scope("Chess club", 5));
    b.rule(state, &name("never.example").as_name(), Cover::Both, Ruling::MandatoryDeny, "board, 2026");
    b.rule(school, &name("chess.example").as_name(), Cover::Both, Ruling::Deny, "");
    b.rule(class, &name("chess.example").as_name(), Cover::Both, Ruling::Allow, "club");
    b.rule(class, &name("never.example").as_name(), Cover::Both, Ruling::Allow, "");
    b.rule(class, &name("games.example").as_name(), Cover::Both, Ruling::Allow, "");
    let all = games.mask() | adult.mask() | bypass.mask();
    let strict = Regime { blocked: all, safe_search: true, youtube: YouTube::Strict, ..Regime::default() };
    let safe = b.regime(strict, &[state]);
    let lesson = b.regime(Regime { youtube: YouTube::Moderate, ..strict }, &[state, school, class]);
    let free = Regime { blocked: adult.mask(), answer: Answer::NullAddress, ..Regime::default() };
    let free = b.regime(free, &[state, school]);
    let exam = b.regime(Regime { allowed_only: true, ..strict }, &[class]);
    b.policy("safe default", safe);
    let day = |start_s| Day { start_s, slots: vec![(100, 1), (200, 0), (300, 2)] };
    let timetable = b.timetable(&[day(1_000), day(2_000), Day { start_s: 3_000, slots: vec![] }]);
    let student = b.scheduled_policy("grade 7", timetable, &[free, lesson, exam], safe);
    b.span(student, 2_050, 2_150, safe);
    b.device(DeviceKey::of_token(STUDENT), student);
    let bus = b.policy("bus", free);
    let (bus, _) = (b.site("bus 12", bus), b.site("library", PolicyId(0)));
    b.prefix(bus, "10.1.0.0".parse().expect("an address"), 16);
    b.prefix(SiteId(1), "10.1.7.0".parse().expect("an address"), 24);
    b.prefix(bus, "2001:db8::".parse().expect("an address"), 32);
    b.finish(1_764_000_000, 3_000, &key()).expect("a snapshot")
}

fn ask(snapshot: &Snapshot<Vec<u8>>, now_s: u32, subject: Subject, text: &str) -> Verdict {
    let view = snapshot.view();
    let verdict = decide(&view, &InForce::at(&view, now_s), &subject, &name(text).as_name());
    let explained = explain(&view, &InForce::at(&view, now_s), &subject, &name(text).as_name());
    assert_eq!(explained.verdict, verdict);
    verdict
}

#[test]
fn the_table_of_precedence_holds() {
    let snapshot = open(district());
    let student = Subject::Device(DeviceKey::of_token(STUDENT));
    let page = Action::Block(Answer::BlockPage);
    // In the lesson (1,100 to 1,200) all three scopes speak.
    for (text, action) in [
        ("anything.example", Action::Allow),
        ("GAMES.example", Action::Allow),
        ("www.games.example", Action::Allow),
        ("chess.example", Action::Allow),
        ("deep.chess.example", page),
        ("a.deep.chess.example", page),
        ("adult.example", page),
        ("x.adult.example", page),
        ("health.adult.example", Action::Allow),
        ("a.health.adult.example", Action::Allow),
        ("bad.health.adult.example", page),
        ("never.example", page),
        ("below.example", Action::Allow),
        ("x.below.example", page),
        ("exact.example", page),
        ("x.exact.example", Action::Allow),
        ("use-application-dns.net", Action::Block(Answer::Nxdomain)),
        ("www.google.com", Action::Rewrite(Target(2))),
        ("x.www.google.com", Action::Allow),
        ("www.youtube.com", Action::Rewrite(Target(0))),
    ] {
        assert_eq!(ask(&snapshot, 1_150, student, text).action, action, "{text}");
    }
    // Outside lessons the club's rules do not hold, and games are not blocked.
    for (text, action) in [
        ("games.example", Action::Allow),
        ("chess.example", Action::Block(Answer::NullAddress)),
        ("deep.chess.example", Action::Block(Answer::NullAddress)),
        ("www.google.com", Action::Allow),
    ] {
        assert_eq!(ask(&snapshot, 1_250, student, text).action, action, "{text}");
    }
    // In the exam only what is allowed.
    assert_eq!(ask(&snapshot, 1_350, student, "x.chess.example").action, Action::Allow);
    let verdict = ask(&snapshot, 1_350, student, "example.org");
    assert_eq!((verdict.action, verdict.because), (page, Because::NotAllowed));
}

#[test]
fn a_verdict_says_until_when() {
    let snapshot = open(district());
    let student = Subject::Device(DeviceKey::of_token(STUDENT));
    for (now_s, seconds, action) in [
        (999, 1, Action::Block(Answer::BlockPage)),
        (1_000, 100, Action::Allow),
        (1_199, 1, Action::Allow),
        (1_200, 100, Action::Allow),
        (1_300, 700, Action::Allow),
        (2_000, 50, Action::Allow),
        (2_050, 50, Action::Block(Answer::BlockPage)),
        (2_100, 50, Action::Block(Answer::BlockPage)),
        (2_150, 50, Action::Allow),
        (3_000, u32::MAX - 3_000, Action::Block(Answer::BlockPage)),
    ] {
        let verdict = ask(&snapshot, now_s, student, "games.example");
        assert_eq!((verdict.seconds_to_boundary, verdict.action), (seconds, action), "at {now_s}");
    }
    // Ticking second by second is the same as looking up anew.
    let view = snapshot.view();
    let mut in_force = InForce::at(&view, 990);
    for now_s in (990..3_100).chain([1_100, 900]) {
        in_force = in_force.tick(&view, now_s);
        for policy in 0..3 {
            assert_eq!(in_force.of(PolicyId(policy)), InForce::at(&view, now_s).of(PolicyId(policy)));
        }
    }
}

#[test]
fn whoever_is_not_known_gets_the_safe_default() {
    let snapshot = open(district());
    let blocked = Action::Block(Answer::BlockPage);
    for subject in [Subject::Unknown, Subject::Site(SiteId(99)), Subject::Device(DeviceKey(5))] {
        let verdict = ask(&snapshot, 1_250, subject, "games.example");
        assert_eq!((verdict.policy, verdict.action), (PolicyId(0), blocked));
    }
    let view = snapshot.view();
    let site = |text: &str| view.site_of(text.parse().expect("an address"));
    assert_eq!(site("10.1.2.3"), view.site("bus 12"));
    assert_eq!(site("10.1.7.3"), view.site("library"));
    assert_eq!(site("10.1.8.0"), Some(SiteId(0)));
    assert_eq!(site("2001:db8::1"), Some(SiteId(0)));
    assert_eq!(
        (site("10.2.0.0"), site("10.0.255.255"), site("::"), site("2001:db9::")),
        (None, None, None, None)
    );
    assert_eq!(ask(&snapshot, 1, Subject::Site(SiteId(0)), "games.example").action, Action::Allow);
}

#[test]
fn an_explanation_says_each_step() {
    let snapshot = open(district());
    let view = snapshot.view();
    let student = Subject::Device(DeviceKey::of_token(STUDENT));
    let asked = name("www.deep.chess.example");
    let told = explain(&view, &InForce::at(&view, 1_150), &student, &asked.as_name());
    let said: Vec<String> = told.steps.iter().map(|step| step.say(&view, &asked.as_name())).collect();
    assert_eq!(
        said,
        [
            "policy 1: grade 7",
            "in force for 50 s more: categories blocked: games, adult, bypass; rules of: state, Elm School, Chess \
             club; SafeSearch on; YouTube Moderate",
            "deep.chess.example is on ut1/games, category games (blocked)",
            "deep.chess.example decides: the most specific name that says something",
        ]
    );
    let asked = name("chess.example");
    let told = explain(&view, &InForce::at(&view, 1_150), &student, &asked.as_name());
    assert_eq!(told.steps[2].say(&view, &asked.as_name()), "chess.example: allow by Chess club: club");
}

#[test]
fn a_snapshot_that_was_touched_does_not_open() {
    let bytes = district();
    let fails = |bytes: Vec<u8>| Snapshot::open(bytes, &key().public()).err();
    assert_eq!(fails(Vec::new()), Some(OpenError::NotASnapshot));
    assert_eq!(
        Snapshot::open(bytes.clone(), &SecretKey::from_seed(&[8; 32]).public()).err(),
        Some(OpenError::Signature)
    );
    let mut newer = bytes.clone();
    newer[8] = 2;
    assert_eq!(fails(newer), Some(OpenError::Newer { found: 2, newest: 1 }));
    assert!(matches!(fails(bytes[..bytes.len() - 1].to_vec()), Some(OpenError::CutOff { .. })));
    for at in (0..bytes.len()).step_by(7) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x20;
        let touched = match Snapshot::open(changed, &key().public()) {
            Ok(snapshot) => snapshot.verify_all().is_err(),
            Err(_) => true,
        };
        assert!(touched, "octet {at} can be changed");
    }
    let longer = Snapshot::open([bytes.clone(), vec![0]].concat(), &key().public()).expect("opens");
    assert_eq!(longer.verify_all(), Err(OpenError::Unsigned(bytes.len())));
}

/// A file that the first release wrote: every later one opens it and decides the same, or says why not.
#[test]
fn a_file_of_format_1_still_opens() {
    let snapshot = open(include_bytes!("../fixtures/format-1.snapshot").to_vec());
    let student = Subject::Device(DeviceKey::of_token(STUDENT));
    assert_eq!(ask(&snapshot, 1_150, student, "deep.chess.example").action, Action::Block(Answer::BlockPage));
    assert_eq!(ask(&snapshot, 1_150, student, "chess.example").action, Action::Allow);
    assert_eq!(ask(&snapshot, 1_150, student, "www.youtube.com").action, Action::Rewrite(Target(0)));
    assert_eq!(ask(&snapshot, 1_350, student, "example.org").because, Because::NotAllowed);
    assert_eq!(
        ask(&snapshot, 1_250, Subject::Unknown, "use-application-dns.net").seconds_to_boundary,
        u32::MAX - 1_250
    );
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(district(), district());
}

#[test]
fn what_cannot_be_built_is_said() {
    let finish = |b: Builder| b.finish(0, 0, &key()).err();
    assert_eq!(finish(Builder::new([0; 16])), Some(BuildError::NoPolicy));
    let with_policy = || {
        let mut b = Builder::new([0; 16]);
        let regime = b.regime(Regime::default(), &[]);
        b.policy("one", regime);
        b.policy("two", regime);
        b
    };
    let mut b = with_policy();
    for n in 0..129 {
        b.category(&n.to_string(), false);
    }
    assert_eq!(finish(b), Some(BuildError::TooMany { what: "categories", found: 129, limit: 128 }));
    let mut b = with_policy();
    b.device(DeviceKey(1), PolicyId(0));
    b.device(DeviceKey(1), PolicyId(1));
    assert_eq!(finish(b), Some(BuildError::TwoPolicies("one".to_owned(), "two".to_owned())));
    let mut b = with_policy();
    let scope = b.scope("Elm School", 3);
    b.rule(scope, &name("a.example").as_name(), Cover::Exact, Ruling::Allow, "");
    b.rule(scope, &name("a.example").as_name(), Cover::Below, Ruling::Deny, "");
    b.rule(scope, &name("A.example").as_name(), Cover::Both, Ruling::Deny, "");
    let (scope, name) = ("Elm School".to_owned(), "A.example".to_owned());
    let wanted = BuildError::TwoRulings { scope, name: name.to_lowercase() };
    assert_eq!(finish(b), Some(wanted));
}

/// A million names, half of them listed: the table agrees with a set of strings on every one.
#[test]
fn a_set_of_strings_agrees_on_a_million_names() {
    let text = |n: u32| match n % 4 {
        0 => format!("a{n}.example"),
        1 => format!("b{}.a{}.example", n, n - 1),
        2 => format!("www.site-{n}.co.example"),
        _ => format!("{n}.x{}.example", n % 1_000),
    };
    let mut b = Builder::new([9; 16]);
    let category = b.category("any", false);
    let list = b.list("half", "", category);
    let listed: HashSet<String> = (0..1_000_000).filter(|n| n % 8 < 3).map(text).collect();
    for text in &listed {
        b.listed(list, &name(text).as_name(), Cover::Both);
    }
    let regime = b.regime(Regime { blocked: category.mask(), ..Regime::default() }, &[]);
    b.policy("all", regime);
    let snapshot = open(b.finish(0, 0, &key()).expect("a snapshot"));
    assert!(snapshot.len() < 11 * listed.len() + 10_000, "{} octets for {}", snapshot.len(), listed.len());
    let view = snapshot.view();
    let in_force = InForce::at(&view, 0);
    let mut blocked = 0;
    for n in 0..1_000_000 {
        let text = text(n);
        let wanted = text.match_indices('.').map(|(at, _)| &text[at + 1..]).chain([text.as_str()]);
        let wanted = wanted.into_iter().any(|suffix| listed.contains(suffix));
        let verdict = decide(&view, &in_force, &Subject::Unknown, &name(&text).as_name());
        assert_eq!(verdict.action != Action::Allow, wanted, "{text}");
        blocked += u32::from(wanted);
    }
    assert!((375_000..600_000).contains(&blocked), "{blocked}");
}

/// What one entry of a random district says.
#[derive(Clone, Debug)]
enum Entry {
    Listed(u8),
    Excepted(u8),
    Ruled(u8, Ruling),
}

const COVERS: [Cover; 3] = [Cover::Exact, Cover::Below, Cover::Both];

fn entries() -> impl Strategy<Value = Vec<(String, Cover, Entry)>> {
    let label = prop_oneof![Just("a"), Just("b"), Just("c")];
    let text = proptest::collection::vec(label, 1..5).prop_map(|labels| labels.join("."));
    let ruling = prop_oneof![Just(Ruling::Allow), Just(Ruling::Deny), Just(Ruling::MandatoryDeny)];
    let entry = prop_oneof![
        (0u8..3).prop_map(Entry::Listed),
        (0u8..3).prop_map(Entry::Excepted),
        (0u8..3, ruling).prop_map(|(scope, ruling)| Entry::Ruled(scope, ruling)),
    ];
    proptest::collection::vec((text, proptest::sample::select(&COVERS[..]), entry), 0..25)
}

/// The table of precedence once more, word for word and slowly: over texts, without masks, sets or hashes.
fn slowly(entries: &[(String, Cover, Entry)], blocked: u128, must: u128, text: &str) -> bool {
    let mut suffixes: Vec<&str> = text.match_indices('.').map(|(at, _)| &text[at + 1..]).collect();
    suffixes.insert(0, text);
    let about = |suffix: &str, entry: &(String, Cover, Entry)| {
        let wanted = if suffix == text { Cover::Exact } else { Cover::Below };
        entry.0 == suffix && (entry.1 == Cover::Both || entry.1 == wanted)
    };
    let mut excepted = HashSet::new();
    let mut opened = false;
    for suffix in suffixes {
        let here: Vec<&Entry> = entries.iter().filter(|e| about(suffix, e)).map(|e| &e.2).collect();
        let rules = here.iter().filter_map(|e| match e {
            Entry::Ruled(scope, ruling) => Some((*ruling == Ruling::MandatoryDeny, *scope, *ruling)),
            _ => None,
        });
        excepted.extend(here.iter().filter_map(|e| match e {
            Entry::Excepted(category) => Some(*category),
            _ => None,
        }));
        let on = |mask: u128| {
            here.iter().any(|e| matches!(e, Entry::Listed(c) if mask >> c & 1 == 1 && !excepted.contains(c)))
        };
        if on(must) {
            return true;
        }
        if opened {
            continue;
        }
        if let Some((_, _, ruling)) = rules.max() {
            if ruling != Ruling::Allow {
                return true;
            }
            opened = true;
        } else if on(blocked) {
            return true;
        }
    }
    false
}

proptest! {
    #[test]
    fn the_slow_table_of_precedence_agrees(entries in entries(), blocked in 0u128..8, must in 0u128..8) {
        let blocked = blocked | must;
        let mut b = Builder::new([4; 16]);
        let lists: Vec<ListId> = (0..3u8).map(|n| {
            let category = b.category(&n.to_string(), false);
            b.list(&n.to_string(), "", category)
        }).collect();
        let scopes: Vec<ScopeId> = (0..3u8).map(|n| b.scope(&n.to_string(), n)).collect();
        let mut given: HashMap<(String, u8, bool), Ruling> = HashMap::new();
        let mut kept = Vec::new();
        for (text, cover, entry) in entries {
            let wire = name(&text);
            match entry {
                Entry::Listed(list) => b.listed(lists[usize::from(list)], &wire.as_name(), cover),
                Entry::Excepted(list) => b.excepted(lists[usize::from(list)], &wire.as_name(), cover),
                Entry::Ruled(scope, ruling) => {
                    // A scope must not contradict itself: such an entry is left out.
                    let parts = [(cover != Cover::Below, true), (cover != Cover::Exact, false)];
                    let parts: Vec<_> = parts.into_iter().filter(|p| p.0).map(|p| (text.clone(), scope, p.1)).collect();
                    if parts.iter().any(|p| given.get(p).is_some_and(|r| *r != ruling)) {
                        continue;
                    }
                    given.extend(parts.into_iter().map(|p| (p, ruling)));
                    b.rule(scopes[usize::from(scope)], &wire.as_name(), cover, ruling, "");
                }
            }
            kept.push((text, cover, entry));
        }
        let regime = b.regime(Regime { blocked, must, ..Regime::default() }, &scopes);
        b.policy("all", regime);
        let snapshot = open(b.finish(0, 0, &key()).expect("a snapshot"));
        for text in ["a", "b.a", "c.b.a", "a.a", "b.b", "a.b.c", "c.c.c", "a.b.a.b", "b.a.c.a.b", "c.a", "x.a", "x"] {
            let verdict = ask(&snapshot, 0, Subject::Unknown, text);
            prop_assert_eq!(verdict.action != Action::Allow, slowly(&kept, blocked, must, text), "{}", text);
            // What one more rule would do is what it does.
            for level in 0..3 {
                let more = (text.to_owned(), Cover::Both, Entry::Ruled(level, Ruling::Allow));
                let opens = !slowly(&[&kept[..], &[more]].concat(), blocked, must, text);
                let wanted = (verdict.action != Action::Allow).then_some(opens);
                let wire = name(text);
                prop_assert_eq!(would_open(&snapshot.view(), regime, &wire.as_name(), level), wanted, "{} {}", text, level);
            }
        }
    }

    /// Any bytes in any place: an error or a verdict, never a panic, though the signature says that all is well.
    #[test]
    fn hostile_bytes_do_not_panic(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40)) {
        let mut bytes = district();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        seal(&mut bytes, &key());
        if let Ok(snapshot) = Snapshot::open(bytes, &key().public()) {
            for now_s in [0, 1_150, 2_100, u32::MAX] {
                for subject in [Subject::Unknown, Subject::Site(SiteId(0)), Subject::Device(DeviceKey::of_token(STUDENT))] {
                    let verdict = ask(&snapshot, now_s, subject, "www.deep.chess.example");
                    let view = snapshot.view();
                    let told = explain(&view, &InForce::at(&view, now_s), &subject, &name("www.google.com").as_name());
                    for step in told.steps {
                        step.say(&view, &name("www.google.com").as_name());
                    }
                    if let Action::Rewrite(target) = verdict.action {
                        let _ = Name::parse(view.target(target));
                    }
                }
            }
        }
    }
}
