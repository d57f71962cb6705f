//! A snapshot with any octets of it changed and signed again: an error or a verdict, never a panic, and nothing
//! is read outside.

#![no_main]

use evenfield_policy::{
    Builder, Cover, Day, DeviceKey, InForce, Name, NameBuf, PolicyId, Regime, Ruling, SecretKey, SiteId,
    Snapshot, Subject, decide, explain, seal,
};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static KEY: LazyLock<SecretKey> = LazyLock::new(|| SecretKey::from_seed(&[1; 32]));

static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let name = |text: &str| NameBuf::from_text(text).expect("a name");
    let mut b = Builder::new([2; 16]);
    let category = b.category("games", true);
    let list = b.list("games", "1", category);
    b.listed(list, &name("games.example").as_name(), Cover::Both);
    b.excepted(list, &name("ok.games.example").as_name(), Cover::Both);
    b.search(&name("www.google.com").as_name(), &name("forcesafesearch.google.com").as_name());
    b.youtube(&name("www.youtube.com").as_name());
    let scope = b.scope("school", 2);
    b.rule(scope, &name("a.games.example").as_name(), Cover::Both, Ruling::Allow, "note");
    let mut regime = Regime::default();
    (regime.blocked, regime.safe_search) = (category.mask(), true);
    let (one, two) = (b.regime(regime, &[scope]), b.regime(Regime::default(), &[]));
    b.policy("default", one);
    let days = [0, 1_000, 2_000].map(|start_s| Day { start_s, slots: vec![(10, 1), (20, 0)] });
    let timetable = b.timetable(&days);
    let policy = b.scheduled_policy("student", timetable, &[one, two], one);
    b.span(policy, 500, 600, two);
    b.device(DeviceKey(7), policy);
    let site = b.site("bus", PolicyId(0));
    b.prefix(site, "10.0.0.0".parse().expect("an address"), 8);
    b.finish(1, 2_000, &KEY).expect("a snapshot")
});

fuzz_target!(|bytes: &[u8]| {
    // Three octets say where, one what; then a name to ask for.
    let (changes, rest) = bytes.split_at(bytes.len().min(64) / 4 * 4);
    let mut snapshot = SOUND.clone();
    for change in changes.chunks_exact(4) {
        let at = (usize::from(change[0]) << 16 | usize::from(change[1]) << 8 | usize::from(change[2]))
            % snapshot.len();
        snapshot[at] = change[3];
    }
    seal(&mut snapshot, &KEY);
    let Ok(snapshot) = Snapshot::open(snapshot, &KEY.public()) else { return };
    let view = snapshot.view();
    let fixed = NameBuf::from_text("b.a.games.example").expect("a name");
    let asked = Name::parse(rest).unwrap_or(fixed.as_name());
    for now_s in [0, 15, 550, 1_015, u32::MAX] {
        let in_force = InForce::at(&view, now_s);
        for subject in [Subject::Unknown, Subject::Site(SiteId(0)), Subject::Device(DeviceKey(7))] {
            for name in [asked, fixed.as_name()] {
                let told = explain(&view, &in_force, &subject, &name);
                assert_eq!(told.verdict, decide(&view, &in_force, &subject, &name));
                let _: usize = told.steps.iter().map(|step| step.say(&view, &name).len()).sum();
            }
        }
    }
    let _ = (view.site_of("10.1.1.1".parse().expect("an address")), view.lists().count());
});
