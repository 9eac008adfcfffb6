//! Who asks for a log-in for Postfix: a server of Dovecot's authentication protocol that knows one user and
//! takes any password.
//!
//! The protocol is Dovecot's (version 1.1); Postfix asks as its SASL_README says, `smtpd_sasl_type = dovecot`.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
};

/// Serves on a thread of its own for the rest of the run.
pub fn anybody_is(user: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || answer(&client, user));
        }
    });
    address
}

fn answer(mut client: &TcpStream, user: &str) -> io::Result<()> {
    client.write_all(
        b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00000000000000000000000000000000\nDONE\n",
    )?;
    for line in BufReader::new(client).lines() {
        let line = line?;
        let mut words = line.split('\t');
        if let (Some("AUTH"), Some(id)) = (words.next(), words.next()) {
            writeln!(client, "OK\t{id}\tuser={user}")?;
        }
    }
    Ok(())
}
