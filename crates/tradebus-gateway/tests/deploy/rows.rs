//! Which panels the dashboard has.

/// Panels under one heading, as wide and as high as these.
pub(crate) struct Row {
    pub(crate) title: &'static str,
    pub(crate) width: u64,
    pub(crate) height: u64,
    pub(crate) panels: &'static [Panel],
}

/// A panel: its title, and the families that it shows.
pub(crate) struct Panel(pub(crate) &'static str, pub(crate) &'static [&'static str]);

pub(crate) const ROWS: &[Row] = &[
    Row {
        title: "Flow",
        width: 8,
        height: 7,
        panels: &[
            Panel("Published", &["tradebus_messages_published_total"]),
            Panel("Consumed", &["tradebus_messages_consumed_total"]),
            Panel("Payload", &["tradebus_published_bytes_total", "tradebus_consumed_bytes_total"]),
            Panel("End to end", &["tradebus_end_to_end_duration_seconds"]),
            Panel("Published to confirmed", &["tradebus_publish_duration_seconds"]),
            Panel("Health", &["tradebus_health_status", "tradebus_connection_up"]),
        ],
    },
    Row {
        title: "Publishing queues",
        width: 6,
        height: 7,
        panels: &[
            Panel("Fill", &["tradebus_buffer_utilization_ratio"]),
            Panel("Messages", &["tradebus_buffer_messages", "tradebus_buffer_capacity_messages"]),
            Panel("Bytes", &["tradebus_buffer_bytes", "tradebus_buffer_capacity_bytes"]),
            Panel("Pushing back", &["tradebus_buffer_pushing_back"]),
            Panel("Accepted", &["tradebus_messages_accepted_total"]),
            Panel("Batches", &["tradebus_flushes_total"]),
            Panel("Messages in a batch", &["tradebus_flush_batch_messages"]),
            Panel("Dropped by a queue", &["tradebus_buffer_dropped_messages_total"]),
        ],
    },
    Row {
        title: "What goes wrong",
        width: 8,
        height: 7,
        panels: &[
            Panel("Dropped", &["tradebus_messages_dropped_total"]),
            Panel(
                "Failed, sent again, expired",
                &[
                    "tradebus_messages_failed_total",
                    "tradebus_messages_retried_total",
                    "tradebus_messages_expired_total",
                ],
            ),
            Panel(
                "Handlers",
                &[
                    "tradebus_handler_errors_total",
                    "tradebus_handler_timeouts_total",
                    "tradebus_handlers_blocked_total",
                ],
            ),
            Panel(
                "Gaps and duplicates",
                &[
                    "tradebus_gaps_total",
                    "tradebus_messages_missing_total",
                    "tradebus_messages_late_total",
                    "tradebus_messages_duplicated_total",
                ],
            ),
            Panel("Entries that are no messages", &["tradebus_malformed_entries_total"]),
            Panel("Dead letters", &["tradebus_dead_letters"]),
        ],
    },
    Row {
        title: "Workers",
        width: 8,
        height: 7,
        panels: &[
            Panel("Workers", &["tradebus_workers"]),
            Panel("Utilization", &["tradebus_worker_utilization_ratio"]),
            Panel("Changes of their number", &["tradebus_worker_scale_events_total"]),
        ],
    },
    Row {
        title: "Streams and groups",
        width: 8,
        height: 8,
        panels: &[
            Panel("Length", &["tradebus_stream_length_messages"]),
            Panel("Memory", &["tradebus_stream_memory_bytes"]),
            Panel("Age of the oldest entry", &["tradebus_stream_oldest_age_seconds"]),
            Panel("Lag", &["tradebus_group_lag_messages"]),
            Panel("Pending", &["tradebus_group_pending_messages"]),
            Panel("Consumers", &["tradebus_group_consumers"]),
            Panel(
                "Acknowledged and delivered again",
                &[
                    "tradebus_messages_acked_total",
                    "tradebus_messages_filtered_total",
                    "tradebus_messages_redelivered_total",
                    "tradebus_messages_claimed_total",
                    "tradebus_messages_handed_back_total",
                ],
            ),
            Panel(
                "Lost to groups",
                &[
                    "tradebus_messages_dead_lettered_total",
                    "tradebus_dead_letters_dropped_total",
                    "tradebus_messages_lost_total",
                    "tradebus_groups_remade_total",
                    "tradebus_group_shares_lost_total",
                ],
            ),
            Panel("Trimmed", &["tradebus_trimmed_messages_total", "tradebus_trimmed_unread_messages_total"]),
            Panel(
                "Streams, and what is summed",
                &[
                    "tradebus_streams",
                    "tradebus_streams_summed",
                    "tradebus_groups_summed",
                    "tradebus_group_shares",
                ],
            ),
            Panel("Delayed", &["tradebus_delayed_messages"]),
            Panel(
                "Delayed messages delivered",
                &[
                    "tradebus_delayed_delivered_total",
                    "tradebus_delayed_late_total",
                    "tradebus_delayed_broken_total",
                ],
            ),
        ],
    },
    Row {
        title: "Requests",
        width: 8,
        height: 7,
        panels: &[
            Panel("Answered", &["tradebus_requests_total"]),
            Panel("Time of a request", &["tradebus_request_duration_seconds"]),
            Panel("At work", &["tradebus_requests_active"]),
            Panel("Cache", &["tradebus_cache_hits_total", "tradebus_cache_misses_total"]),
            Panel(
                "Broken and ignored",
                &["tradebus_request_handlers_broken_total", "tradebus_requests_ignored_total"],
            ),
            Panel("Healthy services", &["tradebus_service_healthy"]),
            Panel(
                "Sent by this process",
                &["tradebus_client_requests_total", "tradebus_client_answers_late_total"],
            ),
            Panel("Waiting for answers", &["tradebus_client_requests_waiting"]),
        ],
    },
    Row {
        title: "Node",
        width: 8,
        height: 7,
        panels: &[
            Panel("Memory", &["process_resident_memory_bytes"]),
            Panel("Processor", &["process_cpu_seconds_total"]),
            Panel("Gateway", &["tradebus_http_connections", "tradebus_http_subscriptions"]),
            Panel("Connections made again", &["tradebus_reconnects_total", "tradebus_breaker_trips_total"]),
            Panel("Circuit breaker", &["tradebus_breaker_state"]),
            Panel("Answer of the store", &["tradebus_store_answer_seconds"]),
            Panel("Uptime", &["tradebus_uptime_seconds"]),
        ],
    },
];
