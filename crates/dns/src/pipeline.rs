//! The way of a query. [`answer`] is the whole of it on one screen; every transport calls it.

use crate::access::{Buckets, Grant};
use crate::cache::{Answer, Cache, Key, Question};
use crate::counters::Counters;
use crate::rules::Now;
use crate::settings::Settings;
use crate::wire::{self, Blocked, CookieKey, Extra, Limit, Query, Refusal, Rewritten, ede, qtype, rcode};
use evenfield_events::{self as events, Did, Event, Resource, Ring, Transport, Used, Who};
use evenfield_policy::{
    Action, Answer as How, Because, DeviceKey, Name, NameBuf, Subject, Verdict, View,
    address_number as number, decide,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// For how long ANY is answered alike.
const ANY_TTL: u32 = 3_600;
/// The most octets of a category's name that go into an answer.
const LONGEST_TEXT: usize = 64;

/// Where a query comes from.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// Its address.
    pub address: IpAddr,
    /// How it came.
    pub transport: Transport,
    /// The device whose token it showed.
    pub device: Option<DeviceKey>,
}

/// What is the same for every query.
pub struct Shared {
    /// The settings.
    pub settings: Settings,
    /// The secret of server cookies.
    pub cookies: CookieKey,
    /// The names by which devices find this edge and the portal.
    pub own: Vec<NameBuf>,
    /// What the names of digital resources are, where their use is noted.
    pub resources: Option<Arc<dyn Resources>>,
}

/// What the names of digital resources are. It is asked while a query waits: it may not allocate, wait or read a clock.
pub trait Resources: Send + Sync {
    /// The resource that has a name: text with dots, without one at the end.
    fn find(&self, name: &[u8]) -> Option<Resource>;
}

impl Shared {
    /// The settings, with a secret for cookies.
    pub fn new(settings: Settings, cookies: CookieKey, resources: Option<Arc<dyn Resources>>) -> Self {
        let domain = settings.tls.as_ref().and_then(|tls| tls.domain.as_deref());
        let portal = settings.fetch.portal.as_ref().map(|portal| portal.host.as_str());
        let own = domain.into_iter().chain(portal).filter_map(NameBuf::from_address).collect();
        Self { settings, cookies, own, resources }
    }
}

/// What one core has for itself, so that no query waits for another core.
pub struct Core {
    /// Answers.
    pub cache: Cache,
    /// Who asked how often.
    pub buckets: Buckets,
    /// What is counted.
    pub counters: Arc<Counters>,
    /// Where facts go.
    pub events: Option<Ring>,
    /// Where goes what is noted of the use of digital resources.
    pub used: Option<Ring<Used>>,
}

/// What becomes of a query.
pub enum Outcome {
    /// So many octets of the buffer are the answer.
    Send(usize),
    /// Nothing is sent.
    Nothing,
    /// Upstream has to be asked this; then [`answer_with`].
    Resolve(Question),
}

/// Answers `asked` into `out`. No allocation, no lock, no clock, but for what has to be asked upstream.
#[inline]
pub fn answer(
    core: &mut Core,
    shared: &Shared,
    now: &Now<'_>,
    client: &Client,
    asked: &[u8],
    out: &mut [u8],
) -> Outcome {
    let (settings, counters) = (&shared.settings, &*core.counters);
    count_transport(counters, client.transport);
    // May this client ask at all, and not too often?
    let address = number(client.address);
    let known = client.device.is_some_and(|device| now.view.device_number(device).is_some());
    let grant = core.buckets.take(address, now.up_s);
    if !known && !settings.clients.hold(address) {
        counters.refused.add();
        return if grant == Grant::Answer { refuse(out, asked, rcode::REFUSED) } else { Outcome::Nothing };
    }
    // What does it ask?
    let query = match wire::parse(asked, settings.device_option) {
        Ok(query) => query,
        Err(Refusal::Ignore) => {
            counters.malformed.add();
            return Outcome::Nothing;
        }
        Err(Refusal::Code { rcode, question, edns }) if grant == Grant::Answer => {
            counters.malformed.add();
            return Outcome::Send(wire::refuse(out, asked, rcode, question, edns));
        }
        Err(_) => return Outcome::Nothing,
    };
    let way = Way::new(shared, now, client, query);
    if grant != Grant::Answer {
        let grant = if way.shows_cookie() { grant.eased() } else { grant };
        counters.slowed.add();
        if grant != Grant::Answer {
            return slow(grant, &way, asked, out);
        }
    }
    // Who is it, and what does the policy say?
    let verdict = way.decide();
    // Answer by it: from the policy alone, or with what is kept.
    let (cache, up_s) = (&core.cache, now.up_s);
    let kept = |key: &Key<'_>| cache.find(key).map(|answer| &**answer).filter(|answer| answer.is_fresh(up_s));
    match act(&way, &verdict, kept, out) {
        Some(done) => {
            if done.did != Did::Blocked || done.target {
                core.counters.cache_hits.add();
            }
            note(core, &way, &verdict, &done);
            Outcome::Send(done.length)
        }
        None => {
            counters.cache_misses.add();
            Outcome::Resolve(wanted(&now.view, &verdict, &way.query).to_question())
        }
    }
}

/// Answers with what upstream was asked for. The policy decides anew: it may have changed meanwhile.
pub fn answer_with(
    core: &mut Core,
    shared: &Shared,
    now: &Now<'_>,
    client: &Client,
    asked: &[u8],
    (question, answer): (&Question, &Answer),
    out: &mut [u8],
) -> usize {
    let Ok(query) = wire::parse(asked, shared.settings.device_option) else { return 0 };
    let way = Way::new(shared, now, client, query);
    let verdict = way.decide();
    let given = |key: &Key<'_>| (key.to_question() == *question).then_some(answer);
    match act(&way, &verdict, given, out) {
        Some(done) => {
            note(core, &way, &verdict, &done);
            done.length
        }
        // Another safe address holds now than the one that was asked for: the client will ask again.
        None => wire::refuse(out, asked, rcode::SERVFAIL, query.question_length(), false),
    }
}

/// A query on its way, with what is known of it.
struct Way<'a> {
    shared: &'a Shared,
    now: &'a Now<'a>,
    client: &'a Client,
    query: Query<'a>,
    subject: Subject,
    extra: Extra<'a>,
    limit: Limit,
}

impl<'a> Way<'a> {
    #[inline]
    fn new(shared: &'a Shared, now: &'a Now<'a>, client: &'a Client, query: Query<'a>) -> Self {
        let cookie = query
            .edns
            .and_then(|edns| edns.cookie)
            .map(|(cookie, _)| (*cookie, shared.cookies.make(cookie, client.address, now.now_s)));
        let limit = match client.transport {
            Transport::Udp => {
                let octets = query.edns.map_or(512, |edns| edns.udp_size.clamp(512, wire::UDP_SIZE));
                Limit { octets: usize::from(octets), pad: false }
            }
            Transport::Tcp => Limit { octets: usize::from(u16::MAX), pad: false },
            _ => Limit { octets: usize::from(u16::MAX), pad: true },
        };
        let subject = identify(shared, &now.view, client, &query);
        Self { shared, now, client, query, subject, extra: Extra { cookie, error: None }, limit }
    }
}

impl Way<'_> {
    /// What the policy says. Where only allowed names are let through, those by which devices find this edge and the portal are.
    #[inline]
    fn decide(&self) -> Verdict {
        let (now, name) = (self.now, &self.query.name);
        let verdict = decide(&now.view, now.in_force, &self.subject, name);
        let is_own = || {
            let below = |own: &NameBuf| name.suffix(own.as_name().labels()).eq_ignore_ascii_case(own.wire());
            self.shared.own.iter().any(below)
        };
        match verdict.because {
            Because::NotAllowed if is_own() => {
                Verdict { action: Action::Allow, because: Because::Nothing, ..verdict }
            }
            _ => verdict,
        }
    }

    /// Whether the query shows a cookie that was made here for this client: then nobody has forged its address, RFC 7873
    /// section 5.2.3.
    fn shows_cookie(&self) -> bool {
        let Some((client, server)) = self.query.edns.and_then(|edns| edns.cookie) else { return false };
        self.shared.cookies.holds(client, server, self.client.address, self.now.now_s)
    }
}

/// A device that the policy knows, by the token that it showed or by the word of a gateway that we trust; a place by its
/// addresses; or nobody known, for whom the safe default holds.
#[inline]
fn identify(shared: &Shared, view: &View<'_>, client: &Client, query: &Query<'_>) -> Subject {
    let told = || {
        let device = query.edns.and_then(|edns| edns.device)?;
        shared.settings.gateways.hold(number(client.address)).then_some(DeviceKey(device))
    };
    if let Some(device) = client.device.or_else(told).filter(|device| view.device_number(*device).is_some()) {
        return Subject::Device(device);
    }
    view.site_of(client.address).map_or(Subject::Unknown, Subject::Site)
}

/// What was done, for the record.
struct Done {
    length: usize,
    did: Did,
    because: Because,
    category: Option<evenfield_policy::Category>,
    /// Whether a CNAME record's target was what is blocked.
    target: bool,
    /// Whether an answer past its time was sent.
    stale: bool,
}

/// What upstream is asked for: the name itself, or the safe name in its place.
#[inline]
fn wanted<'a>(view: &View<'a>, verdict: &Verdict, query: &Query<'a>) -> Key<'a> {
    let name = match verdict.action {
        Action::Rewrite(target) => view.target(target),
        _ => query.name.wire(),
    };
    let (dnssec_ok, checking_disabled) = (query.dnssec_ok(), query.checking_disabled());
    Key { name, qtype: query.qtype, dnssec_ok, checking_disabled }
}

/// Answers by the verdict; `None` when that needs an answer which `kept` does not have.
#[inline]
fn act<'c>(
    way: &Way<'_>,
    verdict: &Verdict,
    kept: impl FnOnce(&Key<'_>) -> Option<&'c Answer>,
    out: &mut [u8],
) -> Option<Done> {
    let query = &way.query;
    if let Action::Block(how) = verdict.action {
        return Some(block(way, verdict, how, false, out));
    }
    let did = if verdict.action == Action::Allow { Did::Answered } else { Did::Rewritten };
    let (because, category) = (verdict.because, verdict.category);
    let done = |length, did, stale| Some(Done { length, did, because, category, target: false, stale });
    if query.qtype == qtype::ANY {
        let ttl = ANY_TTL.min(verdict.seconds_to_boundary);
        return done(wire::hinfo(out, query, ttl, &way.extra, way.limit), did, false);
    }
    let key = wanted(&way.now.view, verdict, query);
    let answer = kept(&key)?;
    let ages = (way.now.up_s.saturating_sub(answer.at_s), verdict.seconds_to_boundary.min(answer.cap_s));
    let extra = Extra { error: answer.error.map(|code| (code, "")), ..way.extra };
    let failed = !matches!(answer.checked.rcode, rcode::NOERROR | rcode::NXDOMAIN);
    let did = if failed { Did::Failed } else { did };
    let stale = answer.error == Some(ede::STALE_ANSWER);
    if let Action::Rewrite(_) = verdict.action {
        let ttl = way.shared.settings.block_ttl;
        let safe = Rewritten { target: key.name, form: &answer.checked.form, ttl };
        return done(wire::rewritten(out, query, safe, ages, &extra, way.limit), did, stale);
    }
    if let Some((verdict, how)) = blocked_target(way, verdict, &answer.checked.targets) {
        return Some(block(way, &verdict, how, true, out));
    }
    let without_ech = answer.checked.without_ech.as_ref().filter(|_| verdict.strip_ech);
    let form = without_ech.unwrap_or(&answer.checked.form);
    done(wire::cached(out, query, form, ages, &extra, way.limit), did, stale)
}

/// Whether a CNAME record leads to a name that is blocked. What a rule allows by its name is let through.
#[inline]
fn blocked_target(way: &Way<'_>, verdict: &Verdict, targets: &[u8]) -> Option<(Verdict, How)> {
    if !verdict.check_cname || matches!(verdict.because, Because::Rule(_)) {
        return None;
    }
    let mut rest = targets;
    while let Ok(target) = Name::parse(rest) {
        let other = decide(&way.now.view, way.now.in_force, &way.subject, &target);
        if let Action::Block(how) = other.action {
            return Some((other, how));
        }
        rest = &rest[target.wire().len()..];
    }
    None
}

#[inline]
fn block(way: &Way<'_>, verdict: &Verdict, how: How, target: bool, out: &mut [u8]) -> Done {
    let settings = &way.shared.settings;
    let how = match how {
        How::Nxdomain => Blocked::Nxdomain,
        How::NullAddress => Blocked::Addresses(Some(Ipv4Addr::UNSPECIFIED), Some(Ipv6Addr::UNSPECIFIED)),
        // Without a page there is nothing to lead to.
        How::BlockPage => match settings.page {
            (None, None) => Blocked::Nxdomain,
            (v4, v6) => Blocked::Addresses(v4, v6),
        },
    };
    // A device has enrolled, so the filter is its owner's wish: 17. A network that filters for itself says 15.
    let code = match way.subject {
        Subject::Device(_) => ede::FILTERED,
        _ => ede::BLOCKED,
    };
    let text = verdict.category.map_or("", |category| way.now.view.category_name(category));
    let text = &text[..text.floor_char_boundary(LONGEST_TEXT)];
    let extra = Extra { error: Some((code, text)), ..way.extra };
    let ttl = settings.block_ttl.min(verdict.seconds_to_boundary);
    let length = wire::block(out, &way.query, how, ttl, &extra, way.limit);
    Done {
        length,
        did: Did::Blocked,
        because: verdict.because,
        category: verdict.category,
        target,
        stale: false,
    }
}

fn slow(grant: Grant, way: &Way<'_>, asked: &[u8], out: &mut [u8]) -> Outcome {
    match (grant, way.client.transport) {
        (Grant::ComeByTcp, Transport::Udp) => Outcome::Send(wire::come_by_tcp(out, &way.query, way.limit)),
        (_, Transport::Udp) => Outcome::Nothing,
        _ => refuse(out, asked, rcode::REFUSED),
    }
}

fn refuse(out: &mut [u8], asked: &[u8], code: u16) -> Outcome {
    // A response is never answered, or two servers would talk for ever.
    match asked.get(..wire::HEADER).map(|header| header[2]) {
        Some(first) if first & 0x80 == 0 => Outcome::Send(wire::refuse(out, asked, code, 0, false)),
        _ => Outcome::Nothing,
    }
}

#[inline]
fn count_transport(counters: &Counters, transport: Transport) {
    match transport {
        Transport::Udp => counters.udp.add(),
        Transport::Tcp => counters.tcp.add(),
        Transport::Tls => counters.tls.add(),
        Transport::Https => counters.https.add(),
        Transport::Quic => counters.quic.add(),
    }
}

/// Counts, and hands the fact to the event log, which never makes anybody wait.
#[inline]
fn note(core: &mut Core, way: &Way<'_>, verdict: &Verdict, done: &Done) {
    let counters = &core.counters;
    match done.did {
        Did::Blocked if done.target => counters.blocked_target.add(),
        Did::Blocked => counters.blocked.add(),
        Did::Rewritten => counters.rewritten.add(),
        Did::Answered => counters.allowed.add(),
        Did::Failed => counters.failed.add(),
    }
    if done.stale {
        counters.stale.add();
    }
    if let Some(ring) = &mut core.used {
        note_use(ring, way, done);
    }
    let Some(ring) = &mut core.events else { return };
    let who = match way.subject {
        Subject::Device(key) => way.now.view.device_number(key).map_or(Who::Unknown, Who::Device),
        Subject::Site(site) => Who::Site(site.0),
        Subject::Unknown => Who::Unknown,
    };
    let because = match done.because {
        Because::Nothing => events::Because::Nothing,
        Because::NotAllowed => events::Because::NotAllowed,
        Because::Rule(rule) => events::Because::Rule(rule.0),
        Because::List(list) => events::Because::List(list.0, done.category.map_or(0, |c| c.0)),
    };
    ring.record(Event {
        at_s: way.now.now_s,
        snapshot: way.now.tag,
        who,
        policy: verdict.policy.0,
        did: done.did,
        because,
        query_type: way.query.qtype,
        transport: way.client.transport,
    });
}

/// Hands on whose name this was. Of the queries for one name (A, AAAA, HTTPS) those of the type A count, which common systems
/// always ask.
#[inline]
fn note_use(ring: &mut Ring<Used>, way: &Way<'_>, done: &Done) {
    let Some(resources) = way.shared.resources.as_deref().filter(|_| way.query.qtype == qtype::A) else {
        return;
    };
    let mut room = [0; wire::MAX_NAME];
    ring.record(Used {
        at_s: way.now.now_s,
        device: match way.subject {
            Subject::Device(key) => Some(key.0),
            _ => None,
        },
        resource: dotted(way.query.name.wire(), &mut room).and_then(|name| resources.find(name)),
        category: done.category.filter(|_| done.did == Did::Blocked).map(|category| category.0),
        did: done.did,
    });
}

/// A name as text with dots; `None` for the root, and for one with a dot inside a label, which is no name of a resource.
#[inline]
fn dotted<'a>(wire: &[u8], room: &'a mut [u8; wire::MAX_NAME]) -> Option<&'a [u8]> {
    let (mut rest, mut length) = (wire, 0);
    while let Some((label, after)) =
        rest.split_first().and_then(|(n, after)| after.split_at_checked((*n).into()))
    {
        if label.is_empty() {
            break;
        }
        let end = length + label.len();
        room.get_mut(length..end)?.copy_from_slice(label);
        *room.get_mut(end)? = b'.';
        if label.contains(&b'.') {
            return None;
        }
        (rest, length) = (after, end + 1);
    }
    room.get(..length.checked_sub(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_text_with_dots() {
        let text = |wire: &[u8]| dotted(wire, &mut [0; wire::MAX_NAME]).map(<[u8]>::to_vec);
        for name in [
            "org",
            "www.example.org",
            "a.bb.ccc.dddd",
            &format!("{0}.{0}.{0}.{1}", "x".repeat(63), "y".repeat(61)),
        ] {
            let wire = NameBuf::from_text(name).expect("a name");
            assert_eq!(text(wire.wire()).as_deref(), Some(name.as_bytes()));
        }
        assert_eq!(text(b"\x03a.b\x03org\x00"), None, "a dot that is no end of a label");
        // The length of this label is a dot as text.
        let long = format!("a.{}.org", "x".repeat(46));
        let wire = NameBuf::from_text(&long).expect("a name");
        assert_eq!(text(wire.wire()).as_deref(), Some(long.as_bytes()));
        assert_eq!((text(b"\x00"), text(b"")), (None, None));
    }
}
