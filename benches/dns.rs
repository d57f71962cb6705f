//! What the comparison of resolvers needs beside them: `benches/dns.sh` runs it.
//!
//!     dns snapshot LIST OUT [domains|rpz]    a policy of one category from a list; prints the key that signed it
//!     dns echo ADDRESS         a server of two threads that answers each query with one address, and does nothing else

use evenfield_policy::lists::{Format, Options, read};
use evenfield_policy::{Builder, Regime, SecretKey, YouTube};
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, sendmmsg};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::os::fd::AsRawFd as _;

const BATCH: usize = 32;

fn main() {
    // What `cargo bench` adds is not for us.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["snapshot", list, out] => snapshot(list, out, Format::Domains),
        ["snapshot", list, out, word] => {
            let format = Format::ALL.into_iter().find(|f| f.word() == word);
            snapshot(list, out, format.expect("a format"));
        }
        ["echo", address] => echo(address.parse().expect("an address and a port")),
        // As one of all benches: there is nothing to do without a list.
        [] => {}
        _ => panic!("dns snapshot LIST OUT | dns echo ADDRESS"),
    }
}

fn snapshot(list: &str, out: &str, format: Format) {
    let mut b = Builder::new([3; 16]);
    let category = b.category("listed", false);
    let number = b.list("list", "1", category);
    let bytes = std::fs::read(list).expect("the list");
    let reading = read(format, list, &bytes, Options::default(), &mut |row| {
        let add = if row.excepted { Builder::excepted } else { Builder::listed };
        add(&mut b, number, &row.name.as_name(), row.cover);
    });
    let regime = Regime {
        blocked: category.mask(),
        safe_search: true,
        youtube: YouTube::Strict,
        answer: evenfield_policy::Answer::Nxdomain,
        ..Regime::default()
    };
    let regime = b.regime(regime, &[]);
    b.policy("safe default", regime);
    let key = SecretKey::from_seed(&[9; 32]);
    std::fs::write(out, b.finish(0, 0, &key).expect("a snapshot")).expect("written");
    eprintln!("{} names", reading.rows);
    println!("{}", key.public());
}

fn echo(address: SocketAddr) {
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))
                .expect("a socket");
            socket.set_reuse_port(true).expect("shared");
            let _ = socket.set_recv_buffer_size(4 << 20);
            socket.bind(&address.into()).expect("bound");
            std::thread::spawn(move || echo_on(&socket))
        })
        .collect();
    for thread in threads {
        thread.join().expect("never ends");
    }
}

/// Takes a batch, answers with the question and one address, sends the batch.
fn echo_on(socket: &Socket) {
    let mut buffers = Box::new([[0u8; 2_048]; BATCH]);
    let mut receive = MultiHeaders::<SockaddrStorage>::preallocate(BATCH, None);
    let mut send = MultiHeaders::<SockaddrStorage>::preallocate(BATCH, None);
    loop {
        let (mut lengths, mut to, mut count) = ([0; BATCH], [None; BATCH], 0);
        {
            let mut slices = buffers.each_mut().map(|buffer| [IoSliceMut::new(buffer)]);
            let received =
                recvmmsg(socket.as_raw_fd(), &mut receive, slices.iter_mut(), MsgFlags::MSG_WAITFORONE, None);
            for message in received.expect("datagrams") {
                (lengths[count], to[count]) = (message.bytes, message.address);
                count += 1;
            }
        }
        for (buffer, length) in buffers.iter_mut().zip(&mut lengths).take(count) {
            let mut end = 12;
            while end < *length && buffer[end] != 0 {
                end += usize::from(buffer[end]) + 1;
            }
            end = (end + 5).min(2_000);
            buffer[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
            buffer[end..end + 16].copy_from_slice(b"\xC0\x0C\0\x01\0\x01\0\0\x01\0\0\x04\xC0\0\x02\x01");
            *length = end + 16;
        }
        let slices: [_; BATCH] = std::array::from_fn(|n| [IoSlice::new(&buffers[n][..lengths[n]])]);
        let sent = sendmmsg(
            socket.as_raw_fd(),
            &mut send,
            slices[..count].iter(),
            &to[..count],
            [],
            MsgFlags::empty(),
        );
        let _ = sent;
    }
}
