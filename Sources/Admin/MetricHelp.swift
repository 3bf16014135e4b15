// What each number means. A name that is not here is its own help. Pure.

/// Help lines of the exposition.
enum MetricHelp {
    /// One line, without a line feed or backslash.
    static func text(_ name: String) -> String { texts[name] ?? name }

    private static let texts: [String: String] = [
        "letterlock_build_info": "The version that runs; always 1.",
        "letterlock_bytes_in_flight": "Bytes of all messages that are being received or handled.",
        "letterlock_connections": "Open connections, by door.",
        "letterlock_features_total":
            "Lines of the features log, by result: written, or dropped: the queue was full, or no disk.",
        "letterlock_gpg_seconds": "Time of one gpg operation, in seconds.",
        "letterlock_letters": "Letters behind links, by state.",
        "letterlock_link_attempts_total": "Passwords tried at the unlock page, by result.",
        "letterlock_logins_total": "Log-ins at listeners, by result.",
        "letterlock_message_bytes_total": "Bytes of all messages that were answered.",
        "letterlock_message_seconds": "From the end of a message to the answer, in seconds, by door.",
        "letterlock_messages_total": "Messages answered, by verdict and method.",
        "letterlock_next_hop_seconds": "Time of one transaction with the next hop, in seconds.",
        "letterlock_queue_wait_seconds": "Time that an operation waited for a gpg worker, in seconds.",
        "letterlock_ready": "1 where /readyz answers 200, else 0, as it was last asked.",
        "letterlock_recipients_total": "Recipients of answered messages, by verdict and method.",
        "letterlock_reload_failures_total": "Reloads of settings and policy that kept the old ones.",
        "letterlock_reloads_total": "Reloads of settings and policy that were done.",
        "letterlock_replies_total": "Replies to messages, by door and code.",
        "letterlock_watched_total": "Messages that a rule in watch mode matched, by rule.",
        "process_cpu_seconds_total": "CPU time of this process, in seconds.",
        "process_open_fds": "Open file descriptors of this process.",
        "process_resident_memory_bytes": "Resident memory of this process.",
        "process_start_time_seconds": "When this process began, in seconds since 1970-01-01T00:00:00Z.",
    ]
}
