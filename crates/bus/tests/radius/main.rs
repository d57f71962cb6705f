//! The RADIUS server, asked by real clients: `radclient` and `radtest` of FreeRADIUS, `eapol_test` of wpa_supplicant, with
//! FreeRADIUS as the outside server. `make packages-test` installs them.

mod fixture;

use evenfield_bus::radius::dynamic::{Change, Known, Said};
use evenfield_bus::radius::{Phase, Why};
use fixture::{Running, freeradius, run};
use std::sync::atomic::Ordering;

#[tokio::test(flavor = "multi_thread")]
async fn radtest_and_radclient_are_let_in_by_the_right_code() {
    let running = Running::start(None).await;
    let port = running.access.port().to_string();
    let server = format!("127.0.0.1:{port}");
    let radtest = |code: &str| {
        let arguments = ["-t", "pap", "nemo", code, &server, "7", fixture::SECRET];
        run("radtest", &arguments, "")
    };
    let (accepted, said) = radtest("sesame").await;
    assert!(accepted && said.contains("Received Access-Accept"), "{said}");
    assert!(said.contains("Session-Timeout = 3600") && said.contains("Acct-Interim-Interval = 60"), "{said}");
    assert!(said.contains("WISPr-Bandwidth-Max-Down = 4000000"), "{said}");
    let (accepted, said) = radtest("sesamo").await;
    assert!(!accepted && said.contains("Received Access-Reject"), "{said}");
    let chap = "User-Name = flopsy, CHAP-Password = arctangent, Message-Authenticator = 0x00";
    let (accepted, said) = running.radclient("auth", chap).await;
    assert!(accepted && said.contains("Received Access-Accept"), "{said}");
    let status = "Message-Authenticator = 0x00";
    let (accepted, said) = running.radclient("status", status).await;
    assert!(accepted && said.contains("Received Access-Accept"), "{said}");
    // As the first clients did: nobody answers, and the count says why.
    let (accepted, said) = running.radclient("auth", "User-Name = nemo, User-Password = sesame").await;
    assert!(!accepted && said.contains("No reply"), "{said}");
    assert!(running.silent(Why::Unsigned) > 0);
    let other = ["-t", "1", "-r", "1", &server, "auth", "another secret"];
    let (accepted, said) = run("radclient", &other, chap).await;
    assert!(!accepted, "{said}");
    assert!(running.silent(Why::Forged) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strange_phone_gets_the_filter_of_the_login_page() {
    let running = Running::start(None).await;
    let phone = "User-Name = 02-00-00-00-00-0B, User-Password = 02-00-00-00-00-0B, \
        Calling-Station-Id = 02-00-00-00-00-0B, Message-Authenticator = 0x00";
    let (accepted, said) = running.radclient("auth", phone).await;
    assert!(accepted && said.contains("Filter-Id = \"captive\""), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounting_is_answered_when_it_is_kept_and_not_before() {
    let running = Running::start(None).await;
    let stop = "Acct-Status-Type = Stop, Acct-Session-Id = 5A-1, User-Name = nemo, NAS-Identifier = bus-7, \
        Acct-Session-Time = 1800, Acct-Input-Octets = 5, Acct-Input-Gigawords = 3, Acct-Output-Octets = 7, \
        Framed-IP-Address = 10.0.0.9, Acct-Terminate-Cause = User-Request, Acct-Delay-Time = 4";
    let (accepted, said) = running.radclient("acct", stop).await;
    assert!(accepted && said.contains("Received Accounting-Response"), "{said}");
    let reports = running.reports();
    let [report] = &reports[..] else { panic!("{reports:?}") };
    assert_eq!((report.phase, &*report.access_point, report.up), (Phase::Stop, "bus-7", 3 * (1 << 32) + 5));
    assert_eq!((report.down, report.seconds, report.cause, report.ago_s), (7, 1_800, Some(1), 4));
    assert_eq!(report.address, Some([10, 0, 0, 9]));
    // A disk that keeps nothing: the access point hears nothing, and asks again later.
    running.keep.store(false, Ordering::Relaxed);
    let (accepted, said) = running.radclient("acct", &stop.replace("5A-1", "5A-2")).await;
    assert!(!accepted && said.contains("No reply"), "{said}");
    running.keep.store(true, Ordering::Relaxed);
    let (accepted, said) = running.radclient("acct", &stop.replace("5A-1", "5A-2")).await;
    assert!(accepted && said.contains("Received Accounting-Response"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_point_ends_a_session_when_it_is_asked() {
    // FreeRADIUS plays the access point.
    let outside = freeradius();
    let running = Running::start_with(None, Some(outside.dynamic.port())).await;
    let here = "127.0.0.1".parse().expect("an address");
    let known = |session: &[u8]| Known {
        session: session.to_vec(),
        station: b"02-00-00-00-00-0B".to_vec(),
        access_point: "bus-7".to_owned(),
    };
    let said = running.server.change(here, Change::End, &known(b"5A-1"), 0).await;
    assert_eq!(said.expect("it takes changes").expect("a socket"), Said::Done);
    let said = running.server.change(here, Change::End, &known(b"gone"), 0).await;
    assert_eq!(said.expect("it takes changes").expect("a socket"), Said::Refused(Some(503)));
    let allow = Change::Allow { seconds: 60, down_kbit: 1_000, up_kbit: 500 };
    let said = running.server.change(here, allow, &known(b"5A-1"), 0).await;
    assert_eq!(said.expect("it takes changes").expect("a socket"), Said::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn eap_goes_to_the_outside_server_and_its_keys_come_back() {
    let outside = freeradius();
    let running = Running::start(Some(outside.access)).await;
    for (method, inner) in [("PEAP", "auth=MSCHAPV2"), ("TTLS", "auth=MSCHAPV2")] {
        let (accepted, said) = running.eapol_test(method, inner, "arctangent").await;
        assert!(accepted && said.contains("MPPE keys OK: 1  mismatch: 0"), "{method}: {said}");
        assert!(said.contains("Session-Timeout"), "our own limits are added: {said}");
        let (accepted, said) = running.eapol_test(method, inner, "wrong").await;
        assert!(!accepted && said.contains("FAILURE"), "{method}: {said}");
    }
    drop(outside);
    let (accepted, _) = running.eapol_test("PEAP", "auth=MSCHAPV2", "arctangent").await;
    assert!(!accepted);
}
