//! What a person sees in ten seconds.

use thirtyfour::Key;

use super::demo;

/// How many colours a canvas shows: 1 is an empty one.
const COLOURS: &str = "
    const canvas = document.querySelector(arguments[0]);
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size";

#[tokio::test]
async fn numbers_move() {
    let (_node, browser) = demo("/").await;
    browser.text_that("#state-name", |state| state == "Healthy").await;
    let figure = "[data-test=figure-published]";
    browser.text_that(figure, |text| text.chars().any(|c| ('1'..='9').contains(&c))).await;
    let since = browser.text("#figure-published small").await;
    browser.text_that("#figure-published small", |text| text != since).await;
    assert_eq!(browser.text("#fact-age").await, "live");
    assert!(browser.text("#fact-store").await.contains("embedded engine"));
}

#[tokio::test]
async fn charts_draw_and_answer_the_pointer_and_the_keyboard() {
    let (_node, browser) = demo("/").await;
    for chart in ["chart-rates", "chart-latency", "chart-memory"] {
        let canvas = format!("[data-test={chart}-canvas]");
        browser.there(&canvas).await;
        browser
            .until("the chart has lines", async || {
                browser.run(COLOURS, vec![canvas.as_str().into()]).await.as_u64() > Some(8)
            })
            .await;
    }
    let canvas = browser.element("[data-test=chart-rates-canvas]").await;
    canvas.scroll_into_view().await.unwrap();
    // The newest point is at the right end.
    let (width, _) = canvas.rect().await.map(|rect| (rect.width as i64, rect.height)).unwrap();
    let pointer = browser.driver().action_chain().move_to_element_with_offset(&canvas, width / 2 - 20, 0);
    pointer.perform().await.unwrap();
    browser
        .text_that("[data-test=chart-rates-tip]", |tip| tip.contains("critical") && tip.contains("normal"))
        .await;
    browser.press("[data-test=chart-rates-canvas]", Key::Left).await;
    browser.text_that("#chart-rates > .hush", |read| read.contains("normal")).await;
    let series = "#chart-rates .legend button[data-series=normal]";
    if browser.count(series).await == 0 {
        let all = browser.run("return [...document.querySelectorAll('#chart-rates .legend button')].map((it) => it.dataset.series)", vec![]).await;
        panic!("the legend has {all}");
    }
}

#[tokio::test]
async fn a_pause_holds_the_picture() {
    let (_node, browser) = demo("/").await;
    browser.text_that("#figure-published small", |text| !text.is_empty()).await;
    browser.click("#pause").await;
    let held = browser.text("#figure-published small").await;
    // Data go on arriving: the collection is not paused.
    let points = "return performance.now()";
    let begun = browser.run(points, vec![]).await.as_f64().unwrap();
    browser
        .until("two seconds are over", async || {
            browser.run(points, vec![]).await.as_f64().unwrap() > begun + 2100.0
        })
        .await;
    assert_eq!(browser.text("#figure-published small").await, held);
    browser.click("#pause").await;
    browser.text_that("#figure-published small", |text| text != held).await;
}

#[tokio::test]
async fn a_node_that_is_gone_is_told() {
    let (node, browser) = demo("/").await;
    browser.text_that("#state-name", |state| state == "Healthy").await;
    node.kill();
    browser.text_that("#banner", |banner| !banner.is_empty()).await;
    assert_ne!(browser.text("#state-name").await, "Healthy");
}
