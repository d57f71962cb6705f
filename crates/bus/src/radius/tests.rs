//! Known answers: the examples of RFC 2865, section 7, octet for octet.

use super::packet::attribute;
use super::{Draft, Message, Packet, chap_is, code, hidden_password, password};
use proptest::prelude::*;

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let digits = digits.chunks(2).map(|two| std::str::from_utf8(two).expect("digits"));
    digits.map(|two| u8::from_str_radix(two, 16).expect("an octet")).collect()
}

const SECRET: &[u8] = b"xyzzy5461";

#[test]
fn section_7_1_a_user_telnets_to_a_host() {
    let request = octets(
        "01 00 00 38 0f 40 3f 94 73 97 80 57 bd 83 d5 cb 98 f4 22 7a 01 06 6e 65 6d 6f 02 12 0d be 70 8d \
         93 d4 13 ce 31 96 e4 3f 78 2a 0a ee 04 06 c0 a8 01 10 05 06 00 00 00 03",
    );
    let packet = Packet::parse(&request).expect("a packet");
    assert_eq!((packet.code(), packet.text(attribute::USER_NAME)), (code::ACCESS_REQUEST, Some("nemo")));
    let authenticator = packet.authenticator();
    let hidden = packet.first(attribute::USER_PASSWORD).expect("a password");
    assert_eq!(password(hidden, &authenticator, SECRET).as_deref(), Some(&b"arctangent"[..]));
    assert_eq!(hidden_password(b"arctangent", &authenticator, SECRET).as_deref(), Some(hidden));
    assert_eq!(packet.message_authenticator(None, SECRET), Message::Absent);
    let mut draft = Draft::bare(code::ACCESS_REQUEST, 0);
    draft.put(attribute::USER_NAME, b"nemo");
    draft.put(attribute::USER_PASSWORD, hidden);
    draft.put(attribute::NAS_IP_ADDRESS, &[192, 168, 1, 16]);
    draft.put_number(attribute::NAS_PORT, 3);
    assert_eq!(draft.access_request(&authenticator, SECRET), Some(request));

    let response = octets(
        "02 00 00 26 86 fe 22 0e 76 24 ba 2a 10 05 f6 bf 9b 55 e0 b2 06 06 00 00 00 01 0f 06 00 00 00 00 \
         0e 06 c0 a8 01 03",
    );
    let packet = Packet::parse(&response).expect("a packet");
    assert!(packet.is_response_to(&authenticator, SECRET));
    assert!(!packet.is_response_to(&authenticator, b"xyzzy5462"));
    let mut draft = Draft::bare(code::ACCESS_ACCEPT, 0);
    draft.put_number(attribute::SERVICE_TYPE, 1);
    draft.put_number(15, 0);
    draft.put(14, &[192, 168, 1, 3]);
    assert_eq!(draft.response(&authenticator, SECRET), Some(response));
}

#[test]
fn section_7_2_a_framed_user_with_chap() {
    let request = octets(
        "01 01 00 47 2a ee 86 f0 8d 0d 55 96 9c a5 97 8e 0d 33 67 a2 01 08 66 6c 6f 70 73 79 03 13 16 e9 \
         75 57 c3 16 18 58 95 f2 93 ff 63 44 07 72 75 04 06 c0 a8 01 10 05 06 00 00 00 14 06 06 00 00 00 02 \
         07 06 00 00 00 01",
    );
    let packet = Packet::parse(&request).expect("a packet");
    let chap = packet.first(attribute::CHAP_PASSWORD).expect("CHAP");
    assert_eq!(chap[0], 0x16);
    assert!(chap_is(chap, b"arctangent", &packet.authenticator()));
    assert!(!chap_is(chap, b"arctangens", &packet.authenticator()));
    let response = octets(
        "02 01 00 38 15 ef bc 7d ab 26 cf a3 dc 34 d9 c0 3c 86 01 a4 06 06 00 00 00 02 07 06 00 00 00 01 \
         08 06 ff ff ff fe 0a 06 00 00 00 02 0d 06 00 00 00 01 0c 06 00 00 05 dc",
    );
    let answer = Packet::parse(&response).expect("a packet");
    assert!(answer.is_response_to(&packet.authenticator(), SECRET));
}

#[test]
fn section_7_3_a_user_with_a_challenge_card() {
    let challenge = octets(
        "0b 02 00 4e 36 f3 c8 76 4a e8 c7 11 57 40 3c 0c 71 ff 9c 45 12 30 43 68 61 6c 6c 65 6e 67 65 20 \
         33 32 37 36 39 34 33 30 2e 20 20 45 6e 74 65 72 20 72 65 73 70 6f 6e 73 65 20 61 74 20 70 72 6f 6d \
         70 74 2e 18 0a 33 32 37 36 39 34 33 30",
    );
    let request = octets(
        "01 02 00 39 f3 a4 7a 1f 6a 6d 76 71 0b 94 7a b9 30 41 a0 39 01 07 6d 6f 70 73 79 02 12 33 65 75 \
         73 77 82 89 b5 70 88 5e 15 08 48 25 c5 04 06 c0 a8 01 10 05 06 00 00 00 07",
    );
    let asked = Packet::parse(&request).expect("a packet");
    let packet = Packet::parse(&challenge).expect("a packet");
    assert_eq!(packet.code(), code::ACCESS_CHALLENGE);
    assert!(packet.is_response_to(&asked.authenticator(), SECRET));
    assert_eq!(packet.text(attribute::STATE), Some("32769430"));
}

#[test]
fn the_message_authenticator_is_first_in_what_we_send() {
    let mut draft = Draft::new(code::ACCESS_ACCEPT, 3);
    draft.put(attribute::REPLY_MESSAGE, b"welcome");
    let response = draft.response(&[5; 16], b"secret").expect("it fits");
    let packet = Packet::parse(&response).expect("a packet");
    assert_eq!(packet.attributes().next().map(|(kind, _)| kind), Some(attribute::MESSAGE_AUTHENTICATOR));
    assert!(packet.is_response_to(&[5; 16], b"secret"));
    assert_eq!(packet.message_authenticator(Some(&[5; 16]), b"secret"), Message::Right);
    assert_eq!(packet.message_authenticator(Some(&[6; 16]), b"secret"), Message::Wrong);
    let mut draft = Draft::new(code::DISCONNECT_REQUEST, 3);
    draft.put(attribute::ACCT_SESSION_ID, b"51");
    let request = draft.signed_request(b"secret").expect("it fits");
    let packet = Packet::parse(&request).expect("a packet");
    assert!(packet.is_signed_request(b"secret") && !packet.is_signed_request(b"other"));
    assert_eq!(packet.message_authenticator(None, b"secret"), Message::Right);
    let mut draft = Draft::new(code::ACCESS_ACCEPT, 3);
    (0..17).for_each(|_| draft.put(attribute::REPLY_MESSAGE, &[b'x'; 253]));
    assert_eq!(draft.response(&[5; 16], b"secret"), None, "more than 4,096 octets");
}

proptest! {
    #[test]
    fn a_changed_octet_is_found(at in 0_usize..60, bit in 0_u8..8, secret in "[a-z]{1,20}") {
        let mut draft = Draft::new(code::ACCESS_REQUEST, 9);
        draft.put(attribute::USER_NAME, b"somebody@example.org");
        let mut octets = draft.access_request(&[3; 16], secret.as_bytes()).expect("it fits");
        let at = at % octets.len();
        octets[at] ^= 1 << bit;
        if let Ok(packet) = Packet::parse(&octets) {
            prop_assert!(packet.message_authenticator(None, secret.as_bytes()) != Message::Right);
        }
    }
}
