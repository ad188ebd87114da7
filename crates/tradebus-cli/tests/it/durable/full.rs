//! A disk without room: a small file system of its own, in a mount namespace that ends with the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Node, Peer, Reply, Running, serve, tradebus, words};

/// Mounts a file system with room for two segments and little more, and runs a node over a directory in it.
fn node_on_small_disk(place: &Path) -> Node {
    let program = tradebus();
    let script = format!(
        "mount -t tmpfs -o size=200m tmpfs {place} && dd if=/dev/zero of={place}/filler bs=1M count=66 status=none && exec \"$0\" \"$@\"",
        place = place.display()
    );
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]);
    command.arg(program.get_program()).args(serve(&place.join("store")));
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Node::serve(&mut command)
}

/// A file of the node's file system, as others see it.
fn seen_from_outside(peer: &mut Peer, file: &Path) -> PathBuf {
    let info = peer.ask("INFO server").unwrap();
    let id = info.text().lines().find_map(|line| line.strip_prefix("process_id:")).unwrap().trim().to_owned();
    PathBuf::from(format!("/proc/{id}/root{}", file.display()))
}

fn add(peer: &mut Peer, bytes: usize) -> Reply {
    let mut command = words("XADD s * payload");
    command.push(vec![b'x'; bytes]);
    peer.pipeline(&[command]).unwrap().remove(0)
}

#[test]
fn a_full_disk_refuses_changes_and_nothing_else_until_there_is_room() {
    let place = tempfile::tempdir().unwrap();
    let node = node_on_small_disk(place.path());
    let mut peer = node.connect();
    let mut stored = 0;
    let refusal = loop {
        match add(&mut peer, 1 << 20) {
            Reply::Text(_) => stored += 1,
            Reply::Error(error) => break error,
            other => panic!("{other:?}"),
        }
        assert!(stored < 200, "the disk is not as small as it should be");
    };
    assert_eq!(refusal, "MISCONF Errors writing to the AOF file: No space left on device");
    node.running.error_with("no room for the log: changes are refused until there is");
    assert!(stored > 60, "what there was room for was stored: {stored}");

    // Reading goes on; every kind of change is refused and changes nothing.
    assert_eq!(peer.ask("XLEN s").unwrap(), Reply::Number(stored));
    assert_eq!(peer.ask("XRANGE s - + COUNT 1").unwrap().list().len(), 1);
    assert!(matches!(add(&mut peer, 1 << 20), Reply::Error(_)));
    assert_eq!(peer.ask("XLEN s").unwrap(), Reply::Number(stored));

    // A publisher of tradebus is told, and its message is stored as soon as there is room.
    let mut program = tradebus();
    let store = format!("redis://{}", node.address);
    let payload = "x".repeat(100_000);
    let publishing =
        Running::start(program.args(["pub", "data.late", &payload, "--count", "20", "--store", &store]));
    publishing.error_with("No space left on device");
    let filler = seen_from_outside(&mut peer, &place.path().join("filler"));
    fs::remove_file(filler).unwrap();
    node.running.error_with("there is room on the disk again");
    let (status, ids, _) = publishing.end();
    assert_eq!((status.code(), ids.len()), (Some(0), 20));
    assert!(matches!(add(&mut peer, 1 << 20), Reply::Text(_)));

    // Everything that was acknowledged is there after a crash.
    assert_eq!(peer.ask("XLEN s").unwrap(), Reply::Number(stored + 1));
    node.running.signal("TERM");
    assert_eq!(node.running.end().0.code(), Some(0));
}
