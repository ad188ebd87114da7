//! Many subscribers at a gateway: how long each message takes to each of them.
//!
//! ```text
//! tradebus serve --http 127.0.0.1:8787 &
//! cargo run --release -p tradebus-gateway --example subscribers -- 127.0.0.1:8787 events 1000 10 20
//! cargo run --release -p tradebus-gateway --example subscribers -- 127.0.0.1:8787 sockets 1000 10 20
//! ```
//!
//! Arguments: the address, `events` or `sockets`, how many subscribers, messages a second, seconds. The messages are published over HTTP; a time is from publishing
//! (`ts`, set by the node) to the moment at which a subscriber has read the message. All of it runs on the clock of one machine.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt as _;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

type Failed = Box<dyn Error + Send + Sync>;

const TOPIC: &str = "example.subscribers";
/// Subscribers that are connecting at one time.
const CONNECTING: usize = 64;

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, kind, subscribers, rate, seconds] = arguments.as_slice() else {
        return Err("arguments: ADDRESS events|sockets SUBSCRIBERS MESSAGES-A-SECOND SECONDS".into());
    };
    let (subscribers, rate, seconds): (usize, u32, u64) =
        (subscribers.parse()?, rate.parse()?, seconds.parse()?);
    let (times, measured) = channel(64 << 10);
    let connected = Arc::new(AtomicUsize::new(0));
    connect(address, kind == "sockets", subscribers, &times, &connected).await?;
    drop(times);
    let begun = Instant::now();
    let measuring = tokio::spawn(collect(measured, begun + Duration::from_secs(seconds + 1)));
    let published = publish(address, rate, begun + Duration::from_secs(seconds)).await?;
    report(kind, subscribers, published, measuring.await?);
    Ok(())
}

/// Connects all subscribers, some at a time.
async fn connect(
    address: &str,
    sockets: bool,
    subscribers: usize,
    times: &Sender<u64>,
    connected: &Arc<AtomicUsize>,
) -> Result<(), Failed> {
    for number in 0..subscribers {
        let (address, times, counted) = (address.to_owned(), times.clone(), connected.clone());
        tokio::spawn(async move {
            let done = if sockets {
                read_socket(&address, &times, &counted).await
            } else {
                read_events(&address, &times, &counted).await
            };
            if let Err(error) = done {
                eprintln!("a subscriber failed: {error}");
            }
        });
        while number + 1 - connected.load(Relaxed).min(number + 1) >= CONNECTING {
            tokio::task::yield_now().await;
        }
    }
    while connected.load(Relaxed) < subscribers {
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn read_events(address: &str, times: &Sender<u64>, connected: &AtomicUsize) -> Result<(), Failed> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!("GET /api/v1/subscribe?pattern={TOPIC} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut lines = BufReader::with_capacity(1024, stream).lines();
    while let Some(line) = lines.next_line().await? {
        if line.starts_with(": open") {
            connected.fetch_add(1, Relaxed);
        } else if let Some(message) = line.strip_prefix("data: ") {
            times.send(age_ns(message)).await?;
        }
    }
    Ok(())
}

async fn read_socket(address: &str, times: &Sender<u64>, connected: &AtomicUsize) -> Result<(), Failed> {
    let url = format!("ws://{address}/api/v1/subscribe?pattern={TOPIC}");
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await?;
    connected.fetch_add(1, Relaxed);
    while let Some(frame) = socket.next().await {
        if let Ok(message) = frame?.to_text()
            && message.contains("\"ts\":")
        {
            times.send(age_ns(message)).await?;
        }
    }
    Ok(())
}

/// How long ago a message was published.
fn age_ns(message: &str) -> u64 {
    let ts = message.split("\"ts\":").nth(1).and_then(|rest| rest.split(',').next());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
    ts.and_then(|ts| ts.parse::<u64>().ok()).map_or(0, |ts| now.saturating_sub(ts))
}

/// Publishes at a pace until then, and tells how many.
async fn publish(address: &str, rate: u32, until: Instant) -> Result<u64, Failed> {
    let mut stream = TcpStream::connect(address).await?;
    let body = format!("{{\"topic\":\"{TOPIC}\",\"payload\":{{\"bid\":1.0852,\"ask\":1.0853}}}}");
    let request = format!(
        "POST /api/v1/messages HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut turns = interval(Duration::from_secs(1) / rate);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut published, mut answer) = (0, [0; 2048]);
    while Instant::now() < until {
        turns.tick().await;
        stream.write_all(request.as_bytes()).await?;
        if stream.read(&mut answer).await? == 0 {
            return Err("the gateway closed the connection".into());
        }
        published += 1;
    }
    Ok(published)
}

async fn collect(mut measured: Receiver<u64>, until: Instant) -> Vec<u64> {
    let mut times = Vec::new();
    loop {
        tokio::select! {
            time = measured.recv() => match time {
                Some(time) => times.push(time),
                None => return times,
            },
            () = sleep_until(until) => return times,
        }
    }
}

fn report(kind: &str, subscribers: usize, published: u64, mut times: Vec<u64>) {
    times.sort_unstable();
    let at = |share: f64| {
        let place = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(place).map_or(f64::NAN, |ns| *ns as f64 / 1e6)
    };
    let due = published * subscribers as u64;
    println!(
        "{subscribers} {kind}: published {published}, arrived {} of {due}; ms: p50 {:.2}, p95 {:.2}, p99 {:.2}, longest {:.2}",
        times.len(),
        at(0.50),
        at(0.95),
        at(0.99),
        at(1.0)
    );
}
