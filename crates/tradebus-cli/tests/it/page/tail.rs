//! The live tail.

use super::demo;

#[tokio::test]
async fn the_tail_shows_what_matches() {
    let (_node, browser) = demo("/#/tail?pattern=risk.*").await;
    browser.there("#tail-list > li").await;
    let topics = "return [...document.querySelectorAll('#tail-list .topic')].map((it) => it.textContent)";
    let topics = browser.run(topics, vec![]).await;
    let topics = topics.as_array().unwrap();
    assert!(
        !topics.is_empty() && topics.iter().all(|topic| topic.as_str().unwrap().starts_with("risk.")),
        "{topics:?}"
    );
    browser.click("#tail-pause").await;
    browser.click("#tail-list > li .unfold").await;
    browser.text_that("#tail-list pre", |payload| payload.contains("\"trader_id\"")).await;
}

#[tokio::test]
async fn the_tail_leaves_out_other_tiers_and_is_bounded() {
    let (_node, browser) = demo("/#/tail?pattern=*").await;
    browser.there("#tail-list > li").await;
    for tier in ["critical", "high", "normal"] {
        browser.click(&format!("[data-test=tail-tier-{tier}]")).await;
    }
    browser.click("#tail-start").await;
    let others = "return document.querySelectorAll('#tail-list .tier:not([data-tier=low])').length";
    browser
        .until("only low messages are shown", async || {
            browser.run(others, vec![]).await == 0
                && browser.count("#tail-list .tier[data-tier=low]").await > 0
        })
        .await;
    assert!(browser.count("#tail-list > li").await <= 500);
}
