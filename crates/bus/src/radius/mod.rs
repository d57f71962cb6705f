//! RADIUS: RFC 2865 (access), 2866 and 2869 (accounting), 3579 (EAP, Message-Authenticator), 5176 (changes), 5997
//! (are you there).
//!
//! ```text
//! datagram -> Packet::parse -> Door: a client? its secret? for the first time? -> Gate: may it? -> Draft, signed -> out
//!                                                     | accounting -> Report -> kept on disk -'
//!                                                     '- EAP -> Proxy -> outside server -> Proxy -'
//! ```
//! [`Server`] is the whole of it; [`dynamic`] asks access points for changes.

mod authenticator;
mod door;
mod draft;
pub mod dynamic;
mod hidden;
mod packet;
mod proxy;
mod report;
mod server;

pub use authenticator::Message;
pub use door::{Arrived, Client, Door, Key, Port, Request, Why, begin_answer};
pub use draft::Draft;
pub use hidden::{chap_is, hidden_password, hidden_salted, password, salted};
pub use packet::{LONGEST, Malformed, Packet, attribute, code};
pub use proxy::{Back, Outside, Proxy};
pub use report::{Phase, Report};
pub use server::{Counts, Kept, Server, rider_of_class};

#[cfg(test)]
mod tests;
