//! A browser of its own for each test.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use thirtyfour::prelude::*;

/// Longest that anything here may take: only what is broken takes so long.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks at what can only be looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A window with one page. It ends with the test.
pub(super) struct Browser {
    driver: WebDriver,
    server: Child,
}

impl Browser {
    pub(super) async fn open(url: &str) -> Self {
        // Another test may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (server, port) = start_driver();
        let mut wanted = DesiredCapabilities::chrome();
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--window-size=1440,1000",
        ] {
            wanted.add_arg(argument).unwrap();
        }
        let driver =
            WebDriver::new(format!("http://127.0.0.1:{port}"), wanted).await.expect("Chromium starts");
        driver.goto(url).await.unwrap();
        Self { driver, server }
    }

    pub(super) async fn go(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    pub(super) async fn address(&self) -> String {
        self.driver.current_url().await.unwrap().to_string()
    }

    /// Goes to a view without loading the page again.
    pub(super) async fn view(&self, hash: &str) {
        self.run("location.hash = arguments[0]", vec![hash.into()]).await;
    }

    /// The result of a script.
    pub(super) async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.driver.execute(script, arguments).await.unwrap().json().clone()
    }

    /// The text of the first element that a selector finds; empty while there is none.
    pub(super) async fn text(&self, selector: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        self.run(script, vec![selector.into()]).await.as_str().unwrap_or_default().to_owned()
    }

    /// How many elements a selector finds.
    pub(super) async fn count(&self, selector: &str) -> u64 {
        let script = "return document.querySelectorAll(arguments[0]).length";
        self.run(script, vec![selector.into()]).await.as_u64().unwrap_or_default()
    }

    pub(super) async fn click(&self, selector: &str) {
        self.there(selector).await;
        self.element(selector).await.click().await.unwrap();
    }

    /// Types into a field, instead of what is in it.
    pub(super) async fn fill(&self, selector: &str, text: &str) {
        self.there(selector).await;
        let field = self.element(selector).await;
        if field.tag_name().await.unwrap() != "select" {
            field.clear().await.unwrap();
        }
        field.send_keys(text).await.unwrap();
    }

    pub(super) async fn press(&self, selector: &str, key: Key) {
        self.element(selector).await.send_keys(key.to_string()).await.unwrap();
    }

    pub(super) async fn element(&self, selector: &str) -> WebElement {
        self.driver.find(By::Css(selector)).await.unwrap()
    }

    /// Waits until there is such an element.
    pub(super) async fn there(&self, selector: &str) {
        self.until(&format!("there is {selector}"), async || self.count(selector).await > 0).await;
    }

    /// Waits until the text of an element is one that is wanted, and tells it.
    pub(super) async fn text_that(&self, selector: &str, wanted: impl Fn(&str) -> bool) -> String {
        self.until(&format!("the text of {selector} is as wanted"), async || {
            wanted(&self.text(selector).await)
        })
        .await;
        self.text(selector).await
    }

    /// Waits for what can only be looked at.
    pub(super) async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds().await {
            if Instant::now() > deadline {
                let page = self.text("body").await;
                panic!("in vain until: {what}; the page says: {page}");
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    pub(super) async fn resize(&self, width: u32, height: u32) {
        self.driver.set_window_rect(0, 0, width, height).await.unwrap();
    }

    pub(super) fn driver(&self) -> &WebDriver {
        &self.driver
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its browser ends with it.
        let _ = Command::new("pkill").args(["-P", &self.server.id().to_string()]).status();
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Starts a chromedriver at any port that is free.
fn start_driver() -> (Child, u16) {
    let mut command = Command::new("chromedriver");
    command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server =
        command.spawn().expect("chromedriver is needed for this test: apt-get install chromium-driver");
    let lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
    let said = "was started successfully on port ";
    let port = lines.filter_map(|line| line.split(said).nth(1).map(str::to_owned)).next();
    let port = port.and_then(|port| port.trim_end_matches('.').parse().ok());
    (server, port.expect("chromedriver says its port"))
}
