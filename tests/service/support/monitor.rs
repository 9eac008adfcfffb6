//! A monitor elsewhere: a place that is asked, and counts how often.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// A running monitor. Its thread ends with the test's process.
pub struct Monitor {
    pub url: String,
    asked: Arc<AtomicUsize>,
    posts: Arc<Mutex<Vec<String>>>,
}

impl Monitor {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked: Arc<AtomicUsize> = Arc::default();
        let posts: Arc<Mutex<Vec<String>>> = Arc::default();
        let (counted, kept) = (Arc::clone(&asked), Arc::clone(&posts));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                // All that comes soon: a head, and a body after it.
                let _ = stream.set_read_timeout(Some(Duration::from_millis(200)));
                let (mut call, mut part) = (Vec::new(), [0; 4096]);
                while let Ok(length @ 1..) = stream.read(&mut part) {
                    call.extend_from_slice(&part[..length]);
                    if call.starts_with(b"GET /key-of-it HTTP/1.1\r\n") {
                        counted.fetch_add(1, Ordering::SeqCst);
                        break;
                    }
                }
                if call.starts_with(b"POST ") {
                    let text = String::from_utf8_lossy(&call).into_owned();
                    kept.lock().expect("no panic").push(text);
                }
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        });
        Self {
            url: format!("http://{address}/key-of-it"),
            asked,
            posts,
        }
    }

    /// What was posted to it, heads and all.
    pub fn posts(&self) -> Vec<String> {
        self.posts.lock().expect("no panic").clone()
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}
