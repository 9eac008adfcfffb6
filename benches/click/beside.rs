//! What goes on beside the clicks: locks on tables, callers of the API who wait for them, previews.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use diesel::{PgConnection, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types::Text};

/// Callers of the API at once.
const CALLERS: usize = 20;
/// What a click on an order with an open session reads.
const READ_BY_A_CLICK: &str = "'checkout_sessions', 'order_lines', 'orders', 'reminder_decisions', \
     'session_orders', 'settings', 'api_tokens'";

/// Somebody's transaction that holds every table that a click does not read.
pub struct Locks(PgConnection);

impl Locks {
    pub fn take(mut connection: PgConnection) -> Self {
        #[derive(diesel::QueryableByName)]
        struct Table {
            #[diesel(sql_type = Text)]
            name: String,
        }
        let tables: Vec<Table> = sql_query(format!(
            "SELECT quote_ident(tablename) AS name FROM pg_tables \
             WHERE schemaname = 'public' AND tablename NOT IN ({READ_BY_A_CLICK})"
        ))
        .load(&mut connection)
        .expect("the tables");
        let names: Vec<String> = tables.into_iter().map(|table| table.name).collect();
        let lock = format!(
            "BEGIN; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE",
            names.join(", ")
        );
        connection.batch_execute(&lock).expect("the locks");
        Self(connection)
    }

    pub fn release(mut self) {
        self.0.batch_execute("ROLLBACK").expect("the locks end");
    }
}

/// Callers of the API, each again as soon as it has its answer, until they are stopped.
pub struct Callers {
    stopped: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Callers {
    /// `request`: `GET /api/v1/cases`, with `token`.
    pub fn start(server: &str, request: &str, token: &str) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let host = server.trim_start_matches("http://").to_owned();
        let text = format!(
            "{request} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let caller = |_| {
            let (stopped, host, text) = (Arc::clone(&stopped), host.clone(), text.clone());
            thread::spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    ask(&host, &text);
                }
            })
        };
        let threads = (0..CALLERS).map(caller).collect();
        thread::sleep(Duration::from_millis(500));
        Self { stopped, threads }
    }

    pub fn stop(self) {
        self.stopped.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().expect("a caller");
        }
    }
}

fn ask(host: &str, text: &str) {
    let mut stream = TcpStream::connect(host).expect("the service listens");
    stream.write_all(text.as_bytes()).expect("it is sent");
    // What it says does not matter here, only that it has ended.
    let _ = stream.read_to_end(&mut Vec::new());
}
