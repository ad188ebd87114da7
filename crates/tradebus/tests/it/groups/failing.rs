//! Messages that fail: delivered again, and buried.

use std::time::Duration;

use rstest::rstest;
use tradebus::store::NewEntry;

use super::{BASE, Scene, lane, next, risk};
use crate::support::{Fields, Kind, Spread, number_of};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_is_delivered_again_until_it_is_a_dead_letter(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let mut member = scene.bus.subscribe("*", risk("a").max_deliveries(3)).await.unwrap();
    scene.publish("t", 7..8).await;
    let first = next(&mut member).await;
    let id = first.id;
    first.nack(None);
    let second = next(&mut member).await;
    assert_eq!((second.id, second.deliveries(), number_of(&second)), (id, 2, 7));
    drop(second);
    let third = next(&mut member).await;
    assert_eq!(third.deliveries(), 3);
    third.nack(Some(Duration::from_hours(1)));

    let letter = scene.a_dead_letter().await;
    let field = |name: &str| &letter[name][..];
    assert_eq!((field("dead_stream"), field("dead_id")), (&lane().to_string()[..], &id.to_string()[..]));
    assert_eq!((field("dead_group"), field("dead_consumer")), ("risk", "a"));
    assert_eq!((field("dead_error"), field("dead_deliveries")), ("handed back", "3"));
    assert_eq!((field("topic"), field("payload")), ("t", "7"));
    scene.settled().await;
    let counted = || {
        let groups = scene.bus.metrics().groups;
        (groups.redelivered, groups.dead_lettered, groups.acked) == (2, 1, 0)
    };
    crate::support::until("it is counted", counted).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_message_is_a_dead_letter_at_once(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let scene = Scene::new(kind).await;
    let mut member = scene.join("a").await;
    scene.publish("t", 0..2).await;
    next(&mut member).await.reject("no such instrument");
    let letter = scene.a_dead_letter().await;
    assert_eq!((&letter["dead_error"][..], &letter["dead_deliveries"][..]), ("no such instrument", "1"));
    next(&mut member).await.ack();
    scene.settled().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_oldest_dead_letters_go_when_there_are_too_many(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::with(kind, |config| config.max_dead_letters = 3).await;
    let mut member = scene.join("a").await;
    scene.publish("t", 0..5).await;
    for n in 0..5 {
        next(&mut member).await.reject(n.to_string());
    }
    let counted = || {
        let groups = scene.bus.metrics().groups;
        (groups.dead_lettered, groups.dead_dropped) == (5, 2)
    };
    crate::support::until("they are counted", counted).await;
    let errors: Vec<String> = scene.dead().await.iter().map(|letter| letter["dead_error"].clone()).collect();
    assert_eq!(errors, ["2", "3", "4"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_is_no_message_is_a_dead_letter(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let scene = Scene::new(kind).await;
    let mut member = scene.join("a").await;
    let mut appender = scene.backend.store.appender("test").await.unwrap();
    let fields = Fields(vec![(b"what", b"is this")]);
    appender.send(&[NewEntry { stream: &lane(), fields: &fields }]).await.unwrap();
    scene.publish("t", 0..1).await;
    next(&mut member).await.ack();
    let letter = scene.a_dead_letter().await;
    assert!(letter["dead_error"].starts_with("it is no message"), "{letter:?}");
    assert_eq!(letter["what"], "is this");
    scene.settled().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poison_message_holds_up_nobody(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    const MESSAGES: u64 = 2000;
    let scene = Scene::new(kind).await;
    let mut member = scene.join("a").await;
    for n in 0..MESSAGES {
        drop(scene.bus.publish(crate::support::numbered("t", n)).await.unwrap());
    }
    let mut handled = vec![0_u32; MESSAGES as usize];
    while handled.iter().map(|n| u64::from(*n > 0)).sum::<u64>() < MESSAGES || handled[777] < 5 {
        let delivery = next(&mut member).await;
        let n = number_of(&delivery);
        handled[n as usize] += 1;
        if n == 777 {
            delivery.nack(None);
        } else {
            delivery.ack();
        }
    }
    assert_eq!(handled.iter().map(|n| u64::from(*n)).sum::<u64>(), MESSAGES + 4);
    assert_eq!(scene.a_dead_letter().await["payload"], "777");
    scene.settled().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_wait_while_they_cannot_be_written(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let scene = Scene::new(kind).await;
    // The key of the dead letters is no stream: nothing is lost, and everything else goes on.
    let key = format!("{BASE}:dead");
    if let Some(server) = &scene.backend.server {
        server.ask(&["SET", &key, "1"]);
    } else {
        let mut db = scene.backend.engine().lock();
        db.set_text(key.as_bytes(), b"1", tradebus_engine::SetText::default()).unwrap();
    }
    let mut member = scene.join("a").await;
    scene.publish("t", 0..3).await;
    next(&mut member).await.reject("broken");
    next(&mut member).await.ack();
    next(&mut member).await.ack();
    crate::support::until("the others are acknowledged", || scene.bus.metrics().groups.acked == 2).await;
    assert_eq!(scene.pending().await.len(), 1);
    assert!(scene.backend.store.remove(&key[..].into()).await.unwrap());
    assert_eq!(scene.a_dead_letter().await["dead_error"], "broken");
    scene.settled().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_trimmed_while_it_waits_is_counted(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let mut member = scene.join("a").await;
    scene.publish("t", 0..1).await;
    let delivery = next(&mut member).await;
    scene.backend.store.delete_entries(&lane(), &[delivery.id]).await.unwrap();
    delivery.nack(None);
    crate::support::until("the loss is counted", || scene.bus.metrics().groups.lost == 1).await;
    scene.settled().await;
    assert_eq!(member.pending(), 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_expired_is_acknowledged_or_a_dead_letter(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
    #[values(false, true)] buried: bool,
) {
    let scene = Scene::new(kind).await;
    let options = if buried { risk("a").dead_letter_expired() } else { risk("a") };
    let mut member = scene.bus.subscribe("*", options).await.unwrap();
    let stale = crate::support::numbered("t", 0).expires_at(1);
    scene.bus.publish(stale).await.unwrap().await.unwrap();
    scene.publish("t", 1..2).await;
    let useful = next(&mut member).await;
    assert_eq!(number_of(&useful), 1);
    useful.ack();
    scene.settled().await;
    assert_eq!(scene.bus.metrics().messages_expired, 1);
    if buried {
        assert_eq!(scene.a_dead_letter().await["dead_error"], "it had expired");
    } else {
        assert!(scene.dead().await.is_empty());
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_are_no_messages_with_a_stream_for_each_topic(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::with(kind, |config| Spread::Topic.configure(config)).await;
    let mut member = scene.join("a").await;
    scene.publish("t", 0..1).await;
    next(&mut member).await.reject("broken");
    scene.a_dead_letter().await;
    // Its stream is found after that of the dead letters was there.
    scene.publish("later", 1..2).await;
    let later = next(&mut member).await;
    assert_eq!((&later.topic[..], number_of(&later)), ("later", 1));
    later.ack();
    crate::support::until("it is acknowledged", || scene.bus.metrics().groups.acked == 1).await;
    assert_eq!((scene.dead().await.len(), member.pending()), (1, 0));
    let refused = scene.bus.publish(crate::support::numbered("dead", 0)).await.unwrap_err();
    assert!(refused.to_string().contains("`dead` cannot be used"), "{refused}");
}
