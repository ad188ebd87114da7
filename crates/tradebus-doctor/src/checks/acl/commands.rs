//! The commands of the bus, and what each is needed for.

/// A command that the bus uses.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// As rules for users have it.
    pub(super) name: &'static str,
    /// A call that does no harm; `{stream}` and `{value}` stand for keys.
    pub(super) words: &'static [&'static str],
    pub(super) need: Need,
    /// What does not work without it.
    pub(super) purpose: &'static str,
}

/// How much a command is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Without it, messages get stuck or are lost.
    Must,
    /// Without it, something is missing that not every deployment uses.
    Good,
}

const fn must(name: &'static str, words: &'static [&'static str], purpose: &'static str) -> Command {
    Command { name, words, need: Need::Must, purpose }
}

const fn good(name: &'static str, words: &'static [&'static str], purpose: &'static str) -> Command {
    Command { name, words, need: Need::Good, purpose }
}

const GROUPS: &str = "consumer groups";
const LOOKING: &str = "looking at streams";
const DEAD: &str = "dead letters";
const LEASES: &str = "delayed messages, shards, single-active groups, caches of services";

/// In an order in which they can be tried: a stream comes first, its removal last.
pub(super) const COMMANDS: &[Command] = &[
    must("xadd", &["XADD", "{stream}", "*", "f", "v"], "publishing"),
    must("xread", &["XREAD", "COUNT", "1", "STREAMS", "{stream}", "0"], "subscribing"),
    must("xrange", &["XRANGE", "{stream}", "-", "+", "COUNT", "1"], "subscribing from the past"),
    must("xrevrange", &["XREVRANGE", "{stream}", "+", "-", "COUNT", "1"], LOOKING),
    must("xlen", &["XLEN", "{stream}"], LOOKING),
    must("xinfo|stream", &["XINFO", "STREAM", "{stream}"], "subscribing"),
    must("xinfo|groups", &["XINFO", "GROUPS", "{stream}"], GROUPS),
    must("xgroup|create", &["XGROUP", "CREATE", "{stream}", "doctor", "0", "MKSTREAM"], GROUPS),
    must("xgroup|setid", &["XGROUP", "SETID", "{stream}", "doctor", "0"], GROUPS),
    must(
        "xreadgroup",
        &["XREADGROUP", "GROUP", "doctor", "doctor", "COUNT", "1", "STREAMS", "{stream}", ">"],
        GROUPS,
    ),
    must("xinfo|consumers", &["XINFO", "CONSUMERS", "{stream}", "doctor"], GROUPS),
    must("xpending", &["XPENDING", "{stream}", "doctor", "-", "+", "1"], GROUPS),
    must("xclaim", &["XCLAIM", "{stream}", "doctor", "doctor", "0", "0-1", "JUSTID"], GROUPS),
    must("xack", &["XACK", "{stream}", "doctor", "0-1"], GROUPS),
    must("xgroup|delconsumer", &["XGROUP", "DELCONSUMER", "{stream}", "doctor", "doctor"], GROUPS),
    must("xgroup|destroy", &["XGROUP", "DESTROY", "{stream}", "doctor"], GROUPS),
    must("xdel", &["XDEL", "{stream}", "0-1"], DEAD),
    must("xtrim", &["XTRIM", "{stream}", "MAXLEN", "=", "1000"], "trimming, so that streams are bounded"),
    must("type", &["TYPE", "{stream}"], DEAD),
    must("watch", &["WATCH", "{stream}"], DEAD),
    must("unwatch", &["UNWATCH"], DEAD),
    must("multi", &["MULTI"], DEAD),
    must("exec", &["EXEC"], DEAD),
    must("time", &["TIME"], "ages and delays"),
    good("set", &["SET", "{value}", "1", "PX", "60000"], LEASES),
    good("get", &["GET", "{value}"], LEASES),
    good("mget", &["MGET", "{value}"], LEASES),
    good("incrby", &["INCRBY", "{value}", "1"], LEASES),
    good("pexpire", &["PEXPIRE", "{value}", "60000"], LEASES),
    good(
        "scan",
        &["SCAN", "0", "COUNT", "1"],
        "listing streams, and finding new ones with a stream for each topic",
    ),
    good("memory|usage", &["MEMORY", "USAGE", "{stream}", "SAMPLES", "1"], "the memory of streams"),
    good("info", &["INFO", "server"], "noticing a server that is too old"),
    good("client|id", &["CLIENT", "ID"], "ending blocked reads at once"),
    good("client|unblock", &["CLIENT", "UNBLOCK", "0"], "ending blocked reads at once"),
    good(
        "client|setname",
        &["CLIENT", "SETNAME", "tradebus:control"],
        "names in the server's list of clients",
    ),
    must("del", &["DEL", "{stream}", "{value}"], "removing streams"),
];
