//! INFO and CONFIG: what the port says about itself.

mod support;

use std::collections::BTreeMap;

use support::{Client, RealRedis, Target, TestServer};
use tradebus_engine::server::ServerOptions;
use tradebus_engine::{Engine, Fsync, LogOptions};

fn start() -> TestServer {
    TestServer::start(ServerOptions::default())
}

/// The fields of each section, in their order.
fn sections(client: &mut Client, wanted: &str) -> BTreeMap<String, Vec<(String, String)>> {
    let reply = client.ask(format!("INFO {wanted}").trim_end());
    let mut sections = BTreeMap::new();
    let mut fields: &mut Vec<_> = &mut Vec::new();
    for line in reply.lines().skip(1).filter(|line| !line.is_empty()) {
        match (line.strip_prefix("# "), line.split_once(':')) {
            (Some(name), _) => fields = sections.entry(name.to_owned()).or_default(),
            (None, Some((name, value))) => fields.push((name.to_owned(), value.to_owned())),
            (None, None) => panic!("{line}"),
        }
    }
    sections
}

fn field(client: &mut Client, name: &str) -> String {
    let all = sections(client, "everything");
    let found = all.values().flatten().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no {name} in {all:?}")).1.clone()
}

#[test]
fn sections_and_fields_are_those_of_redis() {
    let (server, redis) = (start(), RealRedis::start());
    let (mut ours, mut theirs) = (server.connect(), redis.connect());
    for wanted in ["", "default", "server", "Clients MEMORY", "errorstats commandstats", "nosuch", "all"] {
        let our_sections = sections(&mut ours, wanted);
        let mut their_sections = sections(&mut theirs, wanted);
        // Times by percentile are not kept.
        their_sections.remove("Latencystats");
        let names = |sections: &BTreeMap<String, _>| sections.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&our_sections), names(&their_sections), "{wanted}");
        for (section, fields) in &our_sections {
            let known = &their_sections[section];
            for (name, _) in fields {
                let is_own = ["tradebus_version", "client_output_buffer_limit_disconnections"]
                    .contains(&name.as_str())
                    || name.starts_with("cmdstat_");
                assert!(is_own || known.iter().any(|(known, _)| known == name), "{section}: {name}");
            }
        }
    }
}

#[test]
fn numbers_can_be_read_as_such() {
    let server = start();
    let mut client = server.connect();
    client.ask("SET k v EX 100");
    for name in ["used_memory", "used_memory_rss", "used_memory_peak", "total_system_memory", "process_id"] {
        assert!(field(&mut client, name).parse::<u64>().is_ok_and(|number| number > 0), "{name}");
    }
    for name in ["used_cpu_user", "used_cpu_sys", "mem_fragmentation_ratio", "instantaneous_input_kbps"] {
        assert!(field(&mut client, name).parse::<f64>().is_ok(), "{name}");
    }
    // Who reads versions takes them apart at the dots.
    assert_eq!(field(&mut client, "tradebus_version").split('.').count(), 3);
    assert_eq!(field(&mut client, "db0"), "keys=1,expires=1,avg_ttl=0");
    assert_eq!(field(&mut client, "role"), "master");
}

#[test]
fn memory_is_counted() {
    let server = start();
    let mut client = server.connect();
    let used = |client: &mut Client| field(client, "used_memory").parse::<u64>().expect("a number");
    let before = used(&mut client);
    client.ask(&format!("SET k {}", "x".repeat(1_000_000)));
    while used(&mut client) < before + 1_000_000 {
        std::thread::yield_now();
    }
    client.ask("DEL k");
    while used(&mut client) >= before + 1_000_000 {
        std::thread::yield_now();
    }
    assert!(field(&mut client, "used_memory_peak").parse::<u64>().is_ok_and(|peak| peak > 1_000_000));
}

#[test]
fn commands_and_errors_are_counted() {
    let server = start();
    let mut client = server.connect();
    for line in
        ["SET k v", "GET k", "GET k", "GET", "XLEN k", "NOSUCH", "MULTI", "GET k", "EXEC", "CLIENT ID"]
    {
        client.ask(line);
    }
    let stat = |client: &mut Client, name: &str| {
        let counts = field(client, &format!("cmdstat_{name}"));
        let (calls, rest) = counts.split_once(",usec=").expect("two counters");
        let (_, rest) = rest.split_once(",rejected_calls=").expect("more counters");
        format!("{calls},rejected_calls={rest}")
    };
    assert_eq!(stat(&mut client, "get"), "calls=3,rejected_calls=1,failed_calls=0");
    assert_eq!(stat(&mut client, "xlen"), "calls=1,rejected_calls=0,failed_calls=1");
    assert_eq!(stat(&mut client, "exec"), "calls=1,rejected_calls=0,failed_calls=0");
    assert_eq!(stat(&mut client, "client|id"), "calls=1,rejected_calls=0,failed_calls=0");
    assert_eq!(field(&mut client, "errorstat_ERR"), "count=2");
    assert_eq!(field(&mut client, "errorstat_WRONGTYPE"), "count=1");
    assert_eq!(field(&mut client, "total_error_replies"), "3");
    assert_eq!(client.ask("CONFIG RESETSTAT"), "+OK\r\n");
    assert_eq!(field(&mut client, "total_error_replies"), "0");
    assert_eq!(field(&mut client, "total_commands_processed"), "2");
    assert!(!client.ask("INFO all").contains("errorstat_"));
}

/// A pipeline is counted in one go, but what is asked in it sees what came before.
#[test]
fn what_came_before_in_a_pipeline_is_counted() {
    let server = start();
    let mut client = server.connect();
    client.send_raw(b"PING\r\nPING\r\nPING\r\nINFO commandstats\r\n");
    for _ in 0..3 {
        client.reply();
    }
    let info = String::from_utf8(client.reply()).expect("text");
    assert!(info.contains("cmdstat_ping:calls=3,"), "{info}");
}

/// A reader waits for a stream until that expires: nobody asks for anything in the meantime.
#[test]
fn keys_expire_when_nobody_asks() {
    let server = start();
    let mut reader = server.connect();
    reader.send_raw(
        b"XGROUP CREATE s g $ MKSTREAM\r\nPEXPIRE s 30\r\nXREADGROUP GROUP g c BLOCK 0 STREAMS s >\r\n",
    );
    assert_eq!((reader.reply(), reader.reply()), (b"+OK\r\n".to_vec(), b":1\r\n".to_vec()));
    assert_eq!(reader.reply(), b"-UNBLOCKED the stream key no longer exists\r\n");
    assert_eq!(field(&mut reader, "expired_keys"), "1");
    reader.ask("CONFIG RESETSTAT");
    assert_eq!(field(&mut reader, "expired_keys"), "0");
}

#[test]
fn a_durable_store_says_so() {
    let directory = tempfile::tempdir().expect("a directory");
    let options = LogOptions { fsync: Fsync::Always, ..LogOptions::new(directory.path()) };
    let (engine, _) = Engine::open(&options).expect("a new store");
    let server = TestServer::serve(engine, ServerOptions::default());
    let mut client = server.connect();
    assert_eq!(field(&mut client, "aof_enabled"), "1");
    assert_eq!(field(&mut client, "aof_last_write_status"), "ok");
    let reply = "*4\r\n$11\r\nappendfsync\r\n$6\r\nalways\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n";
    assert_eq!(client.ask("CONFIG GET append*"), reply);
    assert_eq!(client.ask("CONFIG SET appendonly yes"), "+OK\r\n");
    assert_eq!(
        client.ask("CONFIG SET appendonly no"),
        "-ERR CONFIG SET failed (possibly related to argument 'appendonly') - it is 'yes' and can't be changed while the \
         server runs\r\n"
    );
    assert_eq!(client.ask("XADD s 1-1 f v"), "$3\r\n1-1\r\n");
}

#[test]
fn settings_can_be_asked_by_several_patterns() {
    let server = start();
    let mut client = server.connect();
    let reply = client.ask("CONFIG GET save appendonly databases SAVE max*");
    for name in ["save", "appendonly", "databases", "maxclients", "maxmemory", "maxmemory-policy"] {
        assert!(reply.contains(&format!("\r\n{name}\r\n")), "{reply}");
    }
    assert!(reply.starts_with("*12\r\n"));
    let protected =
        TestServer::start(ServerOptions { password: Some("hidden".into()), ..ServerOptions::default() });
    let mut client = protected.connect();
    client.ask("AUTH hidden");
    assert!(!client.ask("CONFIG GET *").contains("hidden"), "the password stays a secret");
    assert!(!client.ask("INFO everything").contains("hidden"));
}

#[test]
fn lookups_are_counted_as_by_redis() {
    let (server, redis) = (start(), RealRedis::start());
    let (mut ours, mut theirs) = (server.connect(), redis.connect());
    for line in [
        "SET k v",
        "XADD s 1-1 f v",
        "GET k",
        "GET none",
        "GET s",
        "MGET k none s",
        "STRLEN k",
        "STRLEN none",
        "GETSET k w",
        "GETDEL none",
        "GETEX k",
        "EXISTS k none s",
        "TYPE s",
        "TYPE none",
        "TTL k",
        "PTTL none",
        "EXPIRETIME k",
        "XLEN s",
        "XLEN none",
        "XRANGE s - +",
        "XREVRANGE none + -",
        "XREAD STREAMS s none 0 0",
        "XREAD STREAMS s $",
        "LLEN none",
        "SCARD none",
        "LRANGE none 0 1",
        "SMEMBERS none",
        "XINFO STREAM s",
        "XPENDING none g",
        "COPY k other",
        "TOUCH k none",
        "INCR number",
        "APPEND k x",
        "DEL k none",
        "RENAME s t",
    ] {
        ours.ask(line);
        theirs.ask(line);
        for name in ["keyspace_hits", "keyspace_misses"] {
            let (ours, theirs) = (field(&mut ours, name), field(&mut theirs, name));
            assert_eq!(ours, theirs, "{name} after {line}");
        }
    }
}
