//! The alert rules.

use std::fmt::Write as _;

/// A rule: whoever is called by it should know from it what is wrong and what to look at.
pub(crate) struct Alert {
    pub(crate) name: &'static str,
    pub(crate) expr: &'static str,
    /// For how long it must hold.
    pub(crate) after: &'static str,
    /// `critical`: somebody must look now. `warning`: somebody must look today.
    pub(crate) severity: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) description: &'static str,
}

/// Several nodes see the same streams: what is the store's is taken once, by `max`.
pub(crate) const ALERTS: &[Alert] = &[
    Alert {
        name: "TradebusNodeDown",
        expr: r#"up{job="tradebus"} == 0"#,
        after: "1m",
        severity: "critical",
        summary: "{{ $labels.instance }} does not answer",
        description: "Prometheus could not scrape the node for a minute: it is down, cannot be reached, or refuses the token.",
    },
    Alert {
        name: "TradebusStoreDisconnected",
        expr: "tradebus_connection_up == 0",
        after: "30s",
        severity: "critical",
        summary: "{{ $labels.instance }} has lost its store",
        description: "Messages wait in the publishing queues until the store is back, and are refused or dropped when those are full.",
    },
    Alert {
        name: "TradebusUnhealthy",
        expr: r#"tradebus_health_status{status="unhealthy"} == 1"#,
        after: "1m",
        severity: "critical",
        summary: "{{ $labels.instance }} is unhealthy",
        description: "The store cannot be used. The health check of the node says why.",
    },
    Alert {
        name: "TradebusDegraded",
        expr: r#"tradebus_health_status{status="degraded"} == 1"#,
        after: "10m",
        severity: "warning",
        summary: "{{ $labels.instance }} is degraded",
        description: "It works, but not as it should. The health check of the node says why.",
    },
    Alert {
        name: "TradebusQueueFilling",
        expr: "tradebus_buffer_utilization_ratio > 0.8",
        after: "1m",
        severity: "warning",
        summary: "The {{ $labels.priority }} queue of {{ $labels.instance }} is {{ $value | humanizePercentage }} full",
        description: "More is published than the store takes. At the high-water mark publishers wait, are refused, or lose messages, as the policy of the tier says.",
    },
    Alert {
        name: "TradebusMessagesDropped",
        expr: "increase(tradebus_messages_dropped_total[5m]) > 0",
        after: "0m",
        severity: "warning",
        summary: "{{ $labels.instance }} drops messages: {{ $labels.reason }}",
        description: "By the policies that are set: a publishing queue was full, or a subscriber was slow.",
    },
    Alert {
        name: "TradebusMessagesFailed",
        expr: "increase(tradebus_messages_failed_total[5m]) > 0",
        after: "0m",
        severity: "critical",
        summary: "{{ $labels.instance }} has given up messages",
        description: "The store refused them for good, or had not confirmed them when the bus closed. The log names the first.",
    },
    Alert {
        name: "TradebusHandlersFail",
        expr: "sum by (instance) (rate(tradebus_handler_errors_total[5m])) / sum by (instance) (rate(tradebus_messages_consumed_total[5m])) > 0.01",
        after: "5m",
        severity: "warning",
        summary: "{{ $value | humanizePercentage }} of the messages fail in the handlers of {{ $labels.instance }}",
        description: "Handlers fail, panic, or take too long.",
    },
    Alert {
        name: "TradebusDeadLettersGrow",
        expr: "max(delta(tradebus_dead_letters[15m])) > 0",
        after: "0m",
        severity: "warning",
        summary: "There are more dead letters than 15 minutes ago",
        description: "Messages failed as often as they may. `tradebus dead` lists them with their errors, and sends them again.",
    },
    Alert {
        name: "TradebusGroupLags",
        expr: "max by (stream, group) (tradebus_group_lag_messages) > 1000 and max by (stream, group) (deriv(tradebus_group_lag_messages[10m])) > 0",
        after: "5m",
        severity: "warning",
        summary: "The group {{ $labels.group }} falls behind on {{ $labels.stream }}: {{ $value }} messages",
        description: "More is published than its consumers take: they are too slow, or too few.",
    },
    Alert {
        name: "TradebusGroupAbandoned",
        expr: "max by (stream, group) (tradebus_group_lag_messages) > 0 and max by (stream, group) (tradebus_group_consumers) == 0",
        after: "5m",
        severity: "warning",
        summary: "Nobody consumes for the group {{ $labels.group }} on {{ $labels.stream }}",
        description: "Messages wait for it, and its stream is not trimmed past them. A group that is no longer wanted can be removed with `tradebus group`.",
    },
    Alert {
        name: "TradebusGroupPendingGrows",
        expr: "max by (stream, group) (min_over_time(tradebus_group_pending_messages[15m])) > 0 and max by (stream, group) (deriv(tradebus_group_pending_messages[15m])) > 0",
        after: "5m",
        severity: "warning",
        summary: "The group {{ $labels.group }} acknowledges less than it takes from {{ $labels.stream }}",
        description: "Messages were delivered and are not finished: handlers hang, or consumers died with messages in their hands.",
    },
    Alert {
        name: "TradebusCriticalSlow",
        expr: r#"histogram_quantile(0.99, sum by (instance, le) (rate(tradebus_end_to_end_duration_seconds_bucket{priority="critical"}[5m]))) > 0.1"#,
        after: "5m",
        severity: "critical",
        summary: "One in a hundred critical messages takes {{ $value | humanizeDuration }} to {{ $labels.instance }}",
        description: "From publishing to the subscriber, by the clocks of both machines: see that they agree, then the store, then the subscribers.",
    },
    Alert {
        name: "TradebusReconnects",
        expr: "increase(tradebus_reconnects_total[10m]) > 5",
        after: "0m",
        severity: "warning",
        summary: "{{ $labels.instance }} loses its store again and again",
        description: "Connections were made again more than five times in ten minutes: the network, or a store that restarts or ends connections.",
    },
    Alert {
        name: "TradebusMessagesMissing",
        expr: "increase(tradebus_messages_missing_total[10m]) > increase(tradebus_messages_late_total[10m])",
        after: "0m",
        severity: "critical",
        summary: "Subscribers of {{ $labels.instance }} have found gaps",
        description: "Numbered messages did not come: they were trimmed before they were read, or a publisher ended before they were stored.",
    },
    Alert {
        name: "TradebusUnreadTrimmed",
        expr: "increase(tradebus_trimmed_unread_messages_total[15m]) + increase(tradebus_messages_lost_total[15m]) > 0",
        after: "0m",
        severity: "critical",
        summary: "Messages are gone from {{ $labels.instance }} before their groups handled them",
        description: "They were trimmed or deleted. A stream needs a larger bound, or a group more consumers.",
    },
    Alert {
        name: "TradebusMalformedEntries",
        expr: "increase(tradebus_malformed_entries_total[15m]) > 0",
        after: "0m",
        severity: "warning",
        summary: "{{ $labels.instance }} reads entries that are no messages: {{ $labels.kind }}",
        description: "Somebody else writes into the streams, or a program of another version does. The log names the first of each kind.",
    },
    Alert {
        name: "TradebusMemory",
        expr: r#"process_resident_memory_bytes{job="tradebus"} > 2147483648"#,
        after: "10m",
        severity: "warning",
        summary: "{{ $labels.instance }} uses {{ $value | humanize1024 }}B of memory",
        description: "Set the bound to what the node may have: with the embedded engine it holds the streams.",
    },
];

/// The file for Prometheus.
pub(crate) fn yaml() -> String {
    let mut yaml = String::from(
        "# Generated by crates/tradebus-gateway/tests/deploy: change it there. See deploy/README.md.\ngroups:\n  - name: tradebus\n    rules:\n",
    );
    for alert in ALERTS {
        let mut line = |indent: usize, key: &str, value: &str| {
            let value =
                if value.is_empty() { String::new() } else { format!(" '{}'", value.replace('\'', "''")) };
            writeln!(yaml, "{:indent$}{key}:{value}", "").expect("a string takes all that is written");
        };
        line(6, "- alert", alert.name);
        line(8, "expr", alert.expr);
        line(8, "for", alert.after);
        line(8, "labels", "");
        line(10, "severity", alert.severity);
        line(8, "annotations", "");
        line(10, "summary", alert.summary);
        line(10, "description", alert.description);
    }
    yaml
}
