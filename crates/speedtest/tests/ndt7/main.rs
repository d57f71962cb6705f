//! The server as a whole, asked by an independent WebSocket client and by octets of ours.

mod fixture;

mod broken;
mod many;
mod measured;
mod refused;
