//! Frames of a client as they come in, RFC 6455 section 5, without holding a message.
//!
//! The headers are read by `tungstenite`. What a test is loaded with is only counted, so that a message of 16 MiB takes no more memory
//! than one of a kilobyte; see `docs/adr/0007-websocket.md`.

use std::io::Cursor;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// The longest message that is taken: the most that the specification lets anybody send.
pub const LONGEST_MESSAGE: u64 = 1 << 24;
/// The longest measurement of a client that is kept. Longer ones are allowed, and left out.
pub const LONGEST_TEXT: usize = 8 << 10;
/// The longest payload of a control frame, RFC 6455 section 5.5.
const LONGEST_CONTROL: u64 = 125;
/// The longest header: two octets, eight of length, four of mask.
const LONGEST_HEADER: usize = 14;

/// What a client has sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// So many more octets of binary messages.
    Load(u64),
    /// A text message; `None` when it was longer than [`LONGEST_TEXT`].
    Text(Option<Vec<u8>>),
    /// A ping, with what the pong must hold.
    Ping(Vec<u8>),
    /// A pong.
    Pong,
    /// The wish to close, with its code if it has one.
    Close(Option<u16>),
}

/// How a client has broken the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Something that RFC 6455 forbids.
    #[error("a frame that RFC 6455 forbids")]
    Protocol,
    /// A message above [`LONGEST_MESSAGE`].
    #[error("a message of more than 2^24 octets")]
    TooLong,
}

impl Broken {
    /// The code to close with, RFC 6455 section 7.4.1.
    pub fn code(self) -> u16 {
        match self {
            Self::Protocol => 1002,
            Self::TooLong => 1009,
        }
    }
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Binary,
    Ping,
    Pong,
    Close,
}

impl Kind {
    fn is_control(self) -> bool {
        matches!(self, Self::Ping | Self::Pong | Self::Close)
    }
}

/// A frame whose payload comes in.
#[derive(Clone, Copy, Debug)]
struct Open {
    kind: Kind,
    is_last: bool,
    left: u64,
    mask: [u8; 4],
    /// How much of the payload has come, for the mask.
    at: u64,
}

/// A message that is not whole, of one or more frames.
#[derive(Clone, Copy, Debug)]
struct Message {
    kind: Kind,
    octets: u64,
}

/// The state between two reads. The largest part of it is a text of at most [`LONGEST_TEXT`] octets.
#[derive(Debug, Default)]
pub struct Frames {
    header: [u8; LONGEST_HEADER],
    header_octets: usize,
    frame: Option<Open>,
    message: Option<Message>,
    text: Vec<u8>,
    control: Vec<u8>,
}

impl Frames {
    /// Takes some of `octets` and leaves the rest; the next thing that was sent, or `None` when there is nothing more to say yet.
    ///
    /// # Errors
    /// [`Broken`]; then nothing more may be given.
    pub fn next(&mut self, octets: &mut &[u8]) -> Result<Option<Event>, Broken> {
        loop {
            let frame = match self.frame {
                Some(frame) => frame,
                None => match self.begin(octets)? {
                    Some(frame) => frame,
                    None => return Ok(None),
                },
            };
            let taken = usize::try_from(frame.left).unwrap_or(usize::MAX).min(octets.len());
            let (payload, rest) = octets.split_at(taken);
            *octets = rest;
            let left = frame.left - taken as u64;
            self.keep(&frame, payload);
            if left > 0 {
                self.frame = Some(Open { left, at: frame.at + taken as u64, ..frame });
                let is_load = frame.kind == Kind::Binary && taken > 0;
                return Ok(is_load.then_some(Event::Load(taken as u64)));
            }
            self.frame = None;
            if let Some(event) = self.end(&frame, taken as u64)? {
                return Ok(Some(event));
            }
        }
    }

    /// Whether nothing has come of a frame that is not whole.
    pub fn is_between_frames(&self) -> bool {
        self.frame.is_none() && self.header_octets == 0
    }

    /// Reads a header; `None` when it is not whole yet.
    fn begin(&mut self, octets: &mut &[u8]) -> Result<Option<Open>, Broken> {
        loop {
            let mut cursor = Cursor::new(&self.header[..self.header_octets]);
            match FrameHeader::parse(&mut cursor) {
                Ok(Some((header, length))) => {
                    self.header_octets = 0;
                    return self.check(&header, length).map(Some);
                }
                Ok(None) => {}
                Err(_) => return Err(Broken::Protocol),
            }
            // One octet after the other: what follows the header is not the header's.
            let Some((first, rest)) = octets.split_first() else { return Ok(None) };
            self.header[self.header_octets] = *first;
            self.header_octets += 1;
            *octets = rest;
        }
    }

    /// Whether such a frame may come now.
    fn check(&mut self, header: &FrameHeader, length: u64) -> Result<Open, Broken> {
        let mask = header.mask.ok_or(Broken::Protocol)?;
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(Broken::Protocol);
        }
        let kind = match (header.opcode, self.message) {
            (OpCode::Data(Data::Continue), Some(message)) => message.kind,
            (OpCode::Data(Data::Text), None) => Kind::Text,
            (OpCode::Data(Data::Binary), None) => Kind::Binary,
            (OpCode::Control(Control::Ping), _) => Kind::Ping,
            (OpCode::Control(Control::Pong), _) => Kind::Pong,
            (OpCode::Control(Control::Close), _) => Kind::Close,
            _ => return Err(Broken::Protocol),
        };
        if kind.is_control() {
            if length > LONGEST_CONTROL || !header.is_final {
                return Err(Broken::Protocol);
            }
        } else {
            let message = self.message.get_or_insert(Message { kind, octets: 0 });
            message.octets = message.octets.saturating_add(length);
            if message.octets > LONGEST_MESSAGE {
                return Err(Broken::TooLong);
            }
        }
        Ok(Open { kind, is_last: header.is_final, left: length, mask, at: 0 })
    }

    /// Keeps what has to be read, unmasked.
    fn keep(&mut self, frame: &Open, payload: &[u8]) {
        let kept = match frame.kind {
            Kind::Binary => return,
            Kind::Text if self.message.is_some_and(|message| message.octets > LONGEST_TEXT as u64) => {
                self.text.clear();
                return;
            }
            Kind::Text => &mut self.text,
            Kind::Ping | Kind::Pong | Kind::Close => &mut self.control,
        };
        let mask = frame.mask.iter().cycle().skip((frame.at % 4) as usize);
        kept.extend(payload.iter().zip(mask).map(|(octet, mask)| octet ^ mask));
    }

    /// What there is to say when a frame's payload is whole.
    fn end(&mut self, frame: &Open, taken: u64) -> Result<Option<Event>, Broken> {
        let message = if frame.is_last && !frame.kind.is_control() { self.message.take() } else { None };
        Ok(match frame.kind {
            Kind::Binary => (taken > 0).then_some(Event::Load(taken)),
            Kind::Text => message.map(|message| {
                let text = std::mem::take(&mut self.text);
                Event::Text((message.octets <= LONGEST_TEXT as u64).then_some(text))
            }),
            Kind::Ping => Some(Event::Ping(std::mem::take(&mut self.control))),
            Kind::Pong => {
                self.control.clear();
                Some(Event::Pong)
            }
            Kind::Close => Some(Event::Close(close_code(&std::mem::take(&mut self.control))?)),
        })
    }
}

/// The code of a close frame, RFC 6455 section 5.5.1: nothing, or two octets and a text.
fn close_code(payload: &[u8]) -> Result<Option<u16>, Broken> {
    match payload {
        [] => Ok(None),
        [_] => Err(Broken::Protocol),
        [high, low, reason @ ..] => {
            std::str::from_utf8(reason).map_err(|_| Broken::Protocol)?;
            Ok(Some(u16::from_be_bytes([*high, *low])))
        }
    }
}

/// The header of a frame from the server, whole and not masked.
fn header(opcode: OpCode, length: u64, out: &mut Vec<u8>) {
    let header = FrameHeader { opcode, ..FrameHeader::default() };
    header.format(length, out).expect("a vector takes everything");
}

/// Appends the header of a binary message of this length; its payload has to follow.
pub fn binary_header(length: u64, out: &mut Vec<u8>) {
    header(OpCode::Data(Data::Binary), length, out);
}

/// Appends a text message.
pub fn text(text: &[u8], out: &mut Vec<u8>) {
    header(OpCode::Data(Data::Text), text.len() as u64, out);
    out.extend_from_slice(text);
}

/// Appends a pong.
pub fn pong(payload: &[u8], out: &mut Vec<u8>) {
    header(OpCode::Control(Control::Pong), payload.len() as u64, out);
    out.extend_from_slice(payload);
}

/// Appends a close frame with this code.
pub fn close(code: u16, out: &mut Vec<u8>) {
    header(OpCode::Control(Control::Close), 2, out);
    out.extend_from_slice(&code.to_be_bytes());
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
