//! The page in a real browser: Debian's Chromium, driven through its chromedriver, over a real node.

mod browser;
mod dead;
mod hostile;
mod login;
mod looks;
mod overview;
mod publish;
mod services;
mod streams;
mod tail;

use browser::Browser;

use crate::http::Served;

/// A node with the synthetic feed, and the page of it.
async fn demo(path: &str) -> (Served, Browser) {
    let node = Served::start(&["--demo", "--rate", "500"], None);
    let browser = Browser::open(&node.url(path)).await;
    (node, browser)
}
