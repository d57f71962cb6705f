use super::*;
use proptest::prelude::*;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, Message as Sent, Role, WebSocket, WebSocketConfig};

/// All events of octets that come in pieces, with what was loaded added up.
fn events(octets: &[u8], pieces: &[usize]) -> Result<(u64, Vec<Event>), Broken> {
    let (mut frames, mut load, mut found) = (Frames::default(), 0, vec![]);
    let mut rest = octets;
    let mut pieces = pieces.iter().cycle();
    while !rest.is_empty() {
        let (mut piece, after) = rest.split_at((*pieces.next().unwrap_or(&usize::MAX)).clamp(1, rest.len()));
        rest = after;
        loop {
            match frames.next(&mut piece)? {
                Some(Event::Load(octets)) => load += octets,
                Some(event) => found.push(event),
                None if piece.is_empty() => break,
                None => {}
            }
        }
    }
    Ok((load, found))
}

/// What an independent client puts on the wire.
fn written(messages: Vec<Sent>) -> Vec<u8> {
    let mut client = WebSocket::from_raw_socket(
        std::io::Cursor::new(Vec::new()),
        Role::Client,
        Some(WebSocketConfig::default()),
    );
    for message in messages {
        client.write(message).expect("written");
    }
    client.flush().expect("written");
    client.get_ref().get_ref().clone()
}

fn masked(opcode: OpCode, is_final: bool, payload: &[u8]) -> Vec<u8> {
    let mut header = FrameHeader { opcode, is_final, ..FrameHeader::default() };
    header.mask = Some([0; 4]);
    let mut out = Vec::new();
    header.format(payload.len() as u64, &mut out).expect("written");
    out.extend_from_slice(payload);
    out
}

#[test]
fn messages_in_parts_are_one_message_with_control_frames_between() {
    let octets = [
        masked(OpCode::Data(Data::Text), false, b"{\"a\""),
        masked(OpCode::Control(Control::Ping), true, b"!"),
        masked(OpCode::Data(Data::Continue), true, b":1}"),
        masked(OpCode::Data(Data::Binary), false, &[0; 70_000]),
        masked(OpCode::Control(Control::Pong), true, b""),
        masked(OpCode::Data(Data::Continue), true, &[0; 5]),
        masked(OpCode::Control(Control::Close), true, &[3, 232, b'o', b'k']),
    ]
    .concat();
    let wanted = vec![
        Event::Ping(b"!".to_vec()),
        Event::Text(Some(b"{\"a\":1}".to_vec())),
        Event::Pong,
        Event::Close(Some(1000)),
    ];
    assert_eq!(events(&octets, &[usize::MAX]), Ok((70_005, wanted)));
}

#[test]
fn what_the_standard_forbids_is_refused() {
    let forbidden: [(&str, Vec<u8>, Broken); 9] = [
        ("not masked", vec![0x82, 0], Broken::Protocol),
        ("a reserved bit, as of compression", vec![0xC2, 0x80, 0, 0, 0, 0], Broken::Protocol),
        ("an unknown kind", vec![0x83, 0x80, 0, 0, 0, 0], Broken::Protocol),
        ("nothing to continue", masked(OpCode::Data(Data::Continue), true, b""), Broken::Protocol),
        (
            "a message within a message",
            [masked(OpCode::Data(Data::Text), false, b""), masked(OpCode::Data(Data::Text), true, b"")]
                .concat(),
            Broken::Protocol,
        ),
        ("a ping in parts", masked(OpCode::Control(Control::Ping), false, b""), Broken::Protocol),
        ("a long ping", masked(OpCode::Control(Control::Ping), true, &[0; 126]), Broken::Protocol),
        ("half a code", masked(OpCode::Control(Control::Close), true, &[3]), Broken::Protocol),
        ("a message above 2^24", vec![0x82, 0xFF, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0], Broken::TooLong),
    ];
    for (what, octets, wanted) in forbidden {
        assert_eq!(events(&octets, &[1]), Err(wanted), "{what}");
    }
    // The largest that must be taken, and nothing is set aside for it.
    let mut frames = Frames::default();
    let mut largest: &[u8] = &[0x82, 0xFF, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9];
    assert_eq!(frames.next(&mut largest), Ok(Some(Event::Load(1))));
    assert_eq!(frames.text.capacity() + frames.control.capacity(), 0);
    // Parts that are each small and together too long.
    let part = |opcode| masked(opcode, false, &vec![0; 1 << 23]);
    let parts = [
        part(OpCode::Data(Data::Binary)),
        part(OpCode::Data(Data::Continue)),
        part(OpCode::Data(Data::Continue)),
    ];
    assert_eq!(events(&parts.concat(), &[1 << 16]), Err(Broken::TooLong));
}

#[test]
fn a_long_text_is_left_out_and_the_next_is_read() {
    let text = |length| Sent::text("x".repeat(length));
    let octets = written(vec![text(LONGEST_TEXT), text(LONGEST_TEXT + 1), text(3)]);
    let (_, found) = events(&octets, &[1_000]).expect("read");
    let lengths: Vec<_> = found
        .iter()
        .map(|event| match event {
            Event::Text(text) => text.as_ref().map(Vec::len),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(lengths, [Some(LONGEST_TEXT), None, Some(3)]);
}

#[test]
fn an_independent_client_reads_what_is_written() {
    let mut out = Vec::new();
    binary_header(1 << 10, &mut out);
    out.extend_from_slice(&[7; 1 << 10]);
    text(b"{}", &mut out);
    pong(b"again", &mut out);
    close(1000, &mut out);
    let mut client = WebSocket::from_raw_socket(std::io::Cursor::new(out), Role::Client, None);
    assert_eq!(client.read().expect("a message"), Sent::binary(vec![7; 1 << 10]));
    assert_eq!(client.read().expect("a message"), Sent::text("{}"));
    assert_eq!(client.read().expect("a message"), Sent::Pong(b"again".to_vec().into()));
    let close = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    assert_eq!(client.read().expect("a message"), Sent::Close(Some(close)));
}

fn any_message() -> impl Strategy<Value = Sent> {
    prop_oneof![
        (0usize..70_000).prop_map(|length| Sent::binary(vec![1; length])),
        "\\PC{0,40}".prop_map(Sent::text),
        prop::collection::vec(any::<u8>(), 0..126).prop_map(|octets| Sent::Ping(octets.into())),
        prop::collection::vec(any::<u8>(), 0..126).prop_map(|octets| Sent::Pong(octets.into())),
    ]
}

proptest! {
    #[test]
    fn messages_of_an_independent_client_come_through_in_any_pieces(
        messages in prop::collection::vec(any_message(), 0..12),
        pieces in prop::collection::vec(1usize..40_000, 1..8),
    ) {
        let load: u64 = messages.iter().filter(|m| m.is_binary()).map(|m| m.len() as u64).sum();
        // A client sends only the last of the pongs that it was given at once; so as many pings as it was given.
        let wanted: Vec<Event> = messages.iter().filter_map(|message| match message {
            Sent::Text(text) => Some(Event::Text(Some(text.as_str().as_bytes().to_vec()))),
            Sent::Ping(octets) => Some(Event::Ping(octets.to_vec())),
            _ => None,
        }).collect();
        let (found_load, found) = events(&written(messages), &pieces).expect("read");
        let found: Vec<Event> = found.into_iter().filter(|event| *event != Event::Pong).collect();
        prop_assert_eq!((found_load, found), (load, wanted));
    }

    #[test]
    fn any_octets_are_events_or_an_error(octets in prop::collection::vec(any::<u8>(), 0..400), pieces in prop::collection::vec(1usize..50, 1..4)) {
        // The same in one piece and in many.
        prop_assert_eq!(events(&octets, &[usize::MAX]), events(&octets, &pieces));
    }

    #[test]
    fn texts_are_unmasked_by_where_they_are(text in "\\PC{0,200}", mask in any::<[u8; 4]>(), pieces in prop::collection::vec(1usize..9, 1..4)) {
        let mut frame = Frame::message(text.clone().into_bytes(), OpCode::Data(Data::Text), true);
        frame.header_mut().mask = Some(mask);
        let mut octets = Vec::new();
        frame.format(&mut octets).expect("written");
        let wanted = vec![Event::Text(Some(text.into_bytes()))];
        prop_assert_eq!(events(&octets, &pieces), Ok((0, wanted)));
    }
}
