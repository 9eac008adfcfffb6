//! People, and machines before them, who open the links of a tournament: so many each day, always the same.

use std::time::Duration;

use reqwest::{Client, header, redirect::Policy};

use crate::{failure::Failure, seed::Link};

/// What browsers and scanners say of themselves.
const PROGRAMS: [&str; 6] = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "WhatsApp/2.24",
];
/// Which of them come, one after the other: most have a phone.
const IN_TURN: [usize; 10] = [0, 1, 0, 5, 2, 3, 1, 0, 4, 2];
/// How many come on the days after a mailing.
pub const A_DAY: [usize; 13] = [12, 46, 39, 24, 17, 14, 9, 11, 34, 27, 16, 12, 8];
/// Until the batch is written that has the last of a day. Who came is known as long as the day is not over: the page
/// tells of today and yesterday.
const A_BATCH: Duration = Duration::from_secs(11);

/// One day's. They look at what is closed: nothing changes by it.
pub async fn come(links: &[Link], day: usize) -> Result<(), Failure> {
    let closed: Vec<&Link> = links
        .iter()
        .filter(|link| !link.state.starts_with("open"))
        .collect();
    let client = Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .map_err(Failure::new)?;
    for number in 0..A_DAY[day] {
        let Some(link) = closed.get(number % closed.len().max(1)) else {
            break;
        };
        let program = PROGRAMS[IN_TURN[number % IN_TURN.len()]];
        let page = match number % 5 {
            4 => format!("{}/return", link.url),
            _ => link.url.clone(),
        };
        let visit = client
            .get(page)
            .header(header::USER_AGENT, program)
            // Each has an address of their own.
            .header("X-Forwarded-For", format!("192.0.2.{}", number + 1));
        visit.send().await.map_err(Failure::new)?;
    }
    if day + 2 >= A_DAY.len() {
        tokio::time::sleep(A_BATCH).await;
    }
    Ok(())
}
