//! What stands in front of the replicas: each connection goes to the next one that takes it.

use std::{
    io,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

/// A running door. Its threads end with the test's process.
pub struct Door {
    pub url: String,
}

impl Door {
    pub fn before(replicas: &[SocketAddr]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut replicas = replicas.to_vec();
        std::thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                replicas.rotate_left(1);
                let replicas = replicas.clone();
                std::thread::spawn(move || lead(caller, &replicas));
            }
        });
        Self {
            url: format!("http://{address}"),
        }
    }
}

/// Nobody there: the caller's connection closes.
fn lead(caller: TcpStream, replicas: &[SocketAddr]) {
    let patience = Duration::from_secs(2);
    let mut taken = replicas
        .iter()
        .filter_map(|address| TcpStream::connect_timeout(address, patience).ok());
    let Some(replica) = taken.next() else {
        return;
    };
    let (Ok(from), Ok(to)) = (caller.try_clone(), replica.try_clone()) else {
        return;
    };
    let there = std::thread::spawn(move || pass(from, to));
    pass(replica, caller);
    let _ = there.join();
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
