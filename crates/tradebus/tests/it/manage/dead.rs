//! Dead letters: listed, shown, put back once, dropped.

use std::collections::HashSet;

use rstest::rstest;
use tradebus::{DeadEntry, EntryId, ManageError, OwnedFields, Priority, Redriven, StoreError, StreamKey};

use super::{Owned, Scene, fields, of_bus};
use crate::support::{Kind, within};

/// A dead letter as consumer groups leave it.
fn letter(number: usize, stream: &StreamKey) -> OwnedFields {
    let mut letter = fields(&[
        ("dead_stream", &stream.to_string()),
        ("dead_id", &format!("{}-7", number + 1)),
        ("dead_group", "risk"),
        ("dead_consumer", "worker-1"),
        ("dead_error", "it broke"),
        ("dead_deliveries", "5"),
        ("dead_ts", "1700000000000000000"),
    ]);
    letter.extend(original(number));
    letter
}

/// The entry that it was.
fn original(number: usize) -> OwnedFields {
    let mut original = fields(&[
        ("topic", "risk.x"),
        ("payload", &number.to_string()),
        ("dead_id", "of the original"),
        ("twice", "1"),
        ("twice", "2"),
    ]);
    original.push((bytes::Bytes::from_static(b"\xff"), bytes::Bytes::from_static(b"\0\xfe")));
    original
}

fn owned(fields: &OwnedFields) -> Owned {
    fields.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
}

async fn put(scene: &Scene, count: usize, origin: &StreamKey) -> Vec<EntryId> {
    let letters: Vec<OwnedFields> = (0..count).map(|number| letter(number, origin)).collect();
    scene.add_all(scene.manager.dead_letters().stream(), &letters).await
}

async fn list(scene: &Scene, after: EntryId, limit: usize) -> Vec<DeadEntry> {
    let letters = scene.manager.dead_letters();
    let (mut pages, mut listed) = (letters.pages(after, limit), Vec::new());
    while let Some(page) = pages.next().await.unwrap() {
        listed.extend(letters.entries(&page));
    }
    listed
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_are_listed_and_shown(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let (letters, origin) = (scene.manager.dead_letters(), of_bus("high"));
    assert_eq!(*letters.stream(), of_bus("dead"));
    assert_eq!((letters.count().await.unwrap(), list(&scene, EntryId::MIN, 10).await.len()), (0, 0));
    let ids = put(&scene, 50, &origin).await;
    assert_eq!(letters.count().await.unwrap(), 50);
    let page = list(&scene, ids[9], 30).await;
    assert!(page.iter().map(|entry| entry.id).eq(ids[10..40].iter().copied()));
    assert!(list(&scene, ids[49], 30).await.is_empty() && list(&scene, EntryId::MAX, 30).await.is_empty());

    let entry = letters.get(ids[3]).await.unwrap();
    assert_eq!((entry.id, &entry.fields), (ids[3], &original(3)), "the original fields, untouched");
    let about = entry.letter.as_ref().unwrap();
    assert_eq!((&about.stream, about.id, &about.group[..]), (&origin, EntryId::new(4, 7), "risk"));
    assert_eq!((about.deliveries, about.ts), (5, 1_700_000_000_000_000_000));
    let message = letters.message(&entry).unwrap();
    assert_eq!((message.topic.as_str(), &message.payload[..], message.id), ("risk.x", &b"3"[..], about.id));
    assert_eq!(message.priority, Priority::High, "the tier of the lane that it came from");

    let missing = letters.get(EntryId::new(1, 1)).await.unwrap_err();
    assert!(matches!(missing, ManageError::NoDeadLetter { .. }), "{missing}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_redriven_is_moved_once_and_untouched(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let (letters, origin) = (scene.manager.dead_letters(), of_bus("high"));
    let ids = put(&scene, 3, &origin).await;
    let moved = letters.redrive(ids[1]).await.unwrap();
    assert_eq!((moved.dead_id, &moved.stream), (ids[1], &origin));
    assert_eq!(scene.all(&origin).await, [(moved.id, owned(&original(1)))]);
    let again = letters.redrive(ids[1]).await.unwrap_err();
    assert!(matches!(again, ManageError::NoDeadLetter { .. }), "{again}");
    assert_eq!(scene.all(&origin).await.len(), 1, "moved once");
    let left: Vec<EntryId> = list(&scene, EntryId::MIN, 10).await.iter().map(|entry| entry.id).collect();
    assert_eq!(left, [ids[0], ids[2]]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_that_redrive_all_move_each_once(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let origin = of_bus("normal");
    let ids = put(&scene, 60, &origin).await;
    let mut movers = Vec::new();
    for _ in 0..3 {
        let manager = scene.another().await;
        movers.push(tokio::spawn(async move {
            let mut moved: Vec<Redriven> = Vec::new();
            let mut redriving = manager.dead_letters().redrive_all().await.unwrap();
            while let Some(one) = redriving.next().await.unwrap() {
                moved.push(one);
            }
            moved
        }));
    }
    // One that names them, at the same time: it loses or wins, but never moves what was moved.
    let (manager, some) = (scene.another().await, ids.clone());
    movers.push(tokio::spawn(async move {
        let mut moved = Vec::new();
        for id in some {
            match manager.dead_letters().redrive(id).await {
                Ok(redriven) => moved.push(redriven),
                Err(ManageError::NoDeadLetter { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
        moved
    }));
    let mut moved = Vec::new();
    for mover in movers {
        moved.extend(within("the redrive", mover).await.unwrap());
    }
    let dead: HashSet<EntryId> = moved.iter().map(|one| one.dead_id).collect();
    assert_eq!((moved.len(), dead.len()), (60, 60), "each was moved by one");
    let stored = scene.all(&origin).await;
    let payloads: HashSet<&Vec<u8>> = stored.iter().map(|(_, fields)| &fields[1].1).collect();
    assert_eq!((stored.len(), payloads.len()), (60, 60));
    assert_eq!(scene.manager.dead_letters().count().await.unwrap(), 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_are_those_that_were_there_and_what_cannot_be_moved_stays(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let letters = scene.manager.dead_letters();
    let dead = letters.stream().clone();
    // A letter that comes back at once, one that somebody else has put there, one without an entry in it, one that can be moved.
    let mut empty = letter(0, &of_bus("low"));
    empty.truncate(7);
    let mut back = letter(1, &dead);
    back.truncate(7);
    back.extend(letter(5, &of_bus("low")));
    let entries = [back, fields(&[("foreign", "x")]), empty, letter(2, &of_bus("low"))];
    let ids = scene.add_all(&dead, &entries).await;

    let mut redriving = letters.redrive_all().await.unwrap();
    assert_eq!(redriving.total(), 4);
    let (mut moved, mut failed) = (Vec::new(), Vec::new());
    while let Some(step) = within("the redrive to end", redriving.next()).await.transpose() {
        match step {
            Ok(one) => moved.push(one.dead_id),
            Err(ManageError::NotADeadLetter { id, .. }) => failed.push(id),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((moved, failed), (vec![ids[0], ids[3]], vec![ids[1], ids[2]]));
    assert_eq!(scene.all(&of_bus("low")).await.len(), 1);
    let left = list(&scene, EntryId::MIN, 10).await;
    assert_eq!((left.len(), left[0].letter.is_none(), left[0].fields.len()), (3, true, 1));
    assert!(letters.message(&left[0]).is_none() && letters.message(&left[1]).is_none());
    assert_eq!(left[2].letter.as_ref().unwrap().stream, of_bus("low"), "what came back stays");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_are_dropped(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let letters = scene.manager.dead_letters();
    assert_eq!(letters.drop(&[EntryId::new(1, 0)]).await.unwrap(), 0);
    assert_eq!(letters.drop_all().await.unwrap().finish().await.unwrap(), 0);
    let ids = put(&scene, 10, &of_bus("low")).await;
    assert_eq!(letters.drop(&[ids[0], ids[4], EntryId::new(1, 0)]).await.unwrap(), 2);
    assert_eq!(letters.drop(&ids[..1]).await.unwrap(), 0, "dropped already");
    let dropping = letters.drop_all().await.unwrap();
    let later = put(&scene, 1, &of_bus("low")).await;
    assert_eq!(dropping.finish().await.unwrap(), 8);
    let left: Vec<EntryId> = list(&scene, EntryId::MIN, 10).await.iter().map(|entry| entry.id).collect();
    assert_eq!(left, later, "what came later stays");
    assert!(scene.all(&of_bus("low")).await.is_empty());
}

#[tokio::test]
async fn a_letter_whose_stream_cannot_be_written_stays() {
    let scene = Scene::new(Kind::Redis).await;
    let letters = scene.manager.dead_letters();
    scene.backend.server.as_ref().unwrap().tell("SET text x");
    let ids = put(&scene, 1, &"text".into()).await;
    let error = letters.redrive(ids[0]).await.unwrap_err();
    assert!(
        matches!(&error, ManageError::Store(StoreError::WrongType { stream }) if stream.to_string() == "text"),
        "{error}"
    );
    assert_eq!(letters.count().await.unwrap(), 1, "both happen, or neither");
}
