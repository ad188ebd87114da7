//! Light and dark, on a desk and on a phone.

use super::demo;

const VIEWS: [&str; 7] = ["overview", "streams", "tail", "publish", "services", "dead", "health"];

#[tokio::test]
async fn it_can_be_light_and_dark() {
    let (_node, browser) = demo("/").await;
    browser.text_that("#state-name", |state| state == "Healthy").await;
    let brightness = "
        const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number);
        return (r + g + b) / 3";
    for (theme, is_wanted) in [("Light", (|it| it > 200.0) as fn(f64) -> bool), ("Dark", |it| it < 60.0)] {
        browser.fill("#theme", theme).await;
        browser
            .until("the theme is seen", async || {
                is_wanted(browser.run(brightness, vec![]).await.as_f64().unwrap())
            })
            .await;
    }
    browser.driver().refresh().await.unwrap();
    browser.there("#theme").await;
    let kept = browser.run("return document.querySelector('#theme').value", vec![]).await;
    assert_eq!(kept, "dark", "the choice is remembered");
}

#[tokio::test]
async fn it_fits_a_phone() {
    let (_node, browser) = demo("/").await;
    browser.resize(360, 740).await;
    for view in VIEWS {
        browser.view(&format!("#/{view}")).await;
        browser.there(&format!("#view-{view}")).await;
        let too_wide = "return document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth";
        let too_wide = browser.run(too_wide, vec![]).await;
        assert!(too_wide.as_f64() <= Some(0.0), "{view} is {too_wide} pixels too wide");
    }
}

#[tokio::test]
async fn it_can_be_used_with_the_keyboard() {
    let (_node, browser) = demo("/").await;
    browser.text_that("#state-name", |state| state == "Healthy").await;
    let focused = "return document.activeElement.id || document.activeElement.textContent";
    let mut seen = Vec::new();
    for _ in 0..12 {
        let tab = browser.driver().action_chain().send_keys(thirtyfour::Key::Tab.to_string());
        tab.perform().await.unwrap();
        seen.push(browser.run(focused, vec![]).await.as_str().unwrap_or_default().to_owned());
    }
    assert_eq!(seen[0], "skip");
    for wanted in ["pause", "theme", "Overview", "Streams", "Health"] {
        assert!(seen.iter().any(|it| it == wanted), "{wanted}: {seen:?}");
    }
}

/// Pictures of every view, for people: `scripts/screenshots`.
#[tokio::test]
#[ignore = "it makes pictures, and tests nothing"]
async fn screenshots() {
    let directory = std::path::PathBuf::from(std::env::var("TRADEBUS_SCREENSHOTS").expect("a directory"));
    std::fs::create_dir_all(&directory).unwrap();
    let (_node, browser) = demo("/").await;
    let points = "return document.querySelector('#fact-uptime').textContent";
    browser
        .until("there is something to see", async || {
            let up = browser.run(points, vec![]).await;
            up.as_str().is_some_and(|up| {
                up.contains("min") || up.split(' ').next().and_then(|s| s.parse().ok()) > Some(25)
            })
        })
        .await;
    for (name, width, height) in [("desk", 1440, 1000), ("phone", 360, 740)] {
        browser.resize(width, height).await;
        for theme in ["Light", "Dark"] {
            browser.fill("#theme", theme).await;
            for view in VIEWS {
                browser.view(&format!("#/{view}{}", if view == "tail" { "?pattern=*" } else { "" })).await;
                browser.there(&format!("#view-{view}")).await;
                // Charts and rows come with the next snapshot.
                tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
                let file = directory.join(format!("{view}-{name}-{}.png", theme.to_lowercase()));
                browser.driver().screenshot(&file).await.unwrap();
            }
        }
    }
}
