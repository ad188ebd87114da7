//! What the members of consumer groups in this process did.

use super::Family;

pub(super) const FAMILIES: &[Family] = &[
    Family::counter("tradebus_messages_acked_total", "Entries acknowledged.", &[], |it, out| {
        out.one(it.metrics.groups.acked);
    }),
    Family::counter(
        "tradebus_messages_filtered_total",
        "Entries acknowledged because their topic is not for the group.",
        &[],
        |it, out| out.one(it.metrics.groups.filtered),
    ),
    Family::counter(
        "tradebus_messages_redelivered_total",
        "Messages delivered again because they failed.",
        &[],
        |it, out| out.one(it.metrics.groups.redelivered),
    ),
    Family::counter(
        "tradebus_messages_dead_lettered_total",
        "Messages that became dead letters.",
        &[],
        |it, out| out.one(it.metrics.groups.dead_lettered),
    ),
    Family::counter(
        "tradebus_dead_letters_dropped_total",
        "Dead letters, the oldest, that were dropped because there were too many.",
        &[],
        |it, out| out.one(it.metrics.groups.dead_dropped),
    ),
    Family::counter(
        "tradebus_messages_claimed_total",
        "Pending entries taken over from other consumers, or from an earlier life.",
        &[],
        |it, out| out.one(it.metrics.groups.claimed),
    ),
    Family::counter(
        "tradebus_messages_handed_back_total",
        "Pending entries given back for others when a member left.",
        &[],
        |it, out| out.one(it.metrics.groups.handed_back),
    ),
    Family::counter(
        "tradebus_messages_lost_total",
        "Messages of groups that were trimmed or deleted before they were handled.",
        &[],
        |it, out| out.one(it.metrics.groups.lost),
    ),
    Family::counter(
        "tradebus_groups_remade_total",
        "Groups that somebody removed and that were made again.",
        &[],
        |it, out| out.one(it.metrics.groups.remade),
    ),
    Family::gauge(
        "tradebus_group_shares",
        "Shares of groups that consumers of this process have to themselves.",
        &[],
        |it, out| out.one(it.metrics.groups.shares),
    ),
    Family::counter(
        "tradebus_group_shares_lost_total",
        "Shares that others took before they were given up.",
        &[],
        |it, out| out.one(it.metrics.groups.shares_lost),
    ),
];
