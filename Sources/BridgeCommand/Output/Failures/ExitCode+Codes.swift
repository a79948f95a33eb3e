/// What each stable code of the layers below means for a script.
///
/// This is the one table of it: the same code gives the same exit code in whichever command,
/// direction and payload it comes up. A test holds it against the codes that the layers have.
extension ExitCode {
    /// The codes of the layers, by what they mean.
    package static let codes: [(exit: ExitCode, codes: [String])] = [
        (
            .other,
            [
                "server_error", "service_error", "stream_name_in_use", "claim.upload_conflict",
                "http_client.request_body_failed", "file_server.unusable_folder",
                "file_server.unusable_address",
            ]
        ),
        (
            .usage,
            [
                "invalid_argument", "unusable_reply", "no_reply_subject", "http_client.bad_url",
                "http_client.unsupported_scheme", "http_client.bad_request",
                "http_client.bad_options", "file_server.unusable_options",
            ]
        ),
        (.connection, ["connection_failed", "authorization_failed", "permission_denied"]),
        (
            .notFound,
            [
                "stream_not_found", "consumer_not_found", "consumer_deleted", "messages_lost",
                "claim.payload_expired", "claim.payload_missing",
            ]
        ),
        (
            .retryable,
            [
                "disconnected", "closed", "outbox_full", "no_responders", "slow_consumer",
                "unavailable", "heartbeat_missed", "not_sent", "claim.memory_exhausted",
                "memory_budget_exhausted", "claim.store_unavailable",
                "http_client.resolve_failed", "http_client.connect_failed",
                "http_client.connect_timeout", "http_client.connection_lost",
                "http_client.incomplete_body", "http_client.memory_exhausted",
                "claim.total_timeout",
            ]
        ),
        (
            .refused,
            [
                "payload_too_large", "message_too_large", "limit_exceeded", "condition_failed",
                "refused",
                "batch_bytes_exceeded", "envelope_too_large", "no_store", "claim.link_refused",
                "claim.payload_too_large", "claim.store_refused", "claim.store_full",
                "http_client.body_too_large",
            ]
        ),
        (
            .integrity,
            [
                "protocol_violation", "malformed_answer", "not_from_jetstream",
                "unusable_message", "claim.checksum_mismatch", "claim.checksum_malformed",
                "claim.size_mismatch",
                "claim.undecodable_content", "claim.unexpected_answer",
                "http_client.protocol_violation", "envelope_invalid_json",
                "envelope_not_an_envelope", "envelope_missing_field", "envelope_unknown_field",
                "envelope_duplicate_field", "envelope_wrong_order", "envelope_wrong_type",
                "envelope_invalid_value", "envelope_unknown_transport",
                "envelope_unsupported_version", "envelope_limit_exceeded",
                "payload_invalid_base64", "payload_unknown_type", "unknown_payload_type",
                "payload_invalid_content",
            ]
        ),
        (
            .timeout,
            [
                "timeout", "http_client.first_byte_timeout", "http_client.idle_timeout",
                "http_client.total_timeout", "http_client.head_timeout",
                "http_client.rate_too_low",
            ]
        ),
        (.interrupted, ["cancelled", "claim.cancelled", "http_client.cancelled"]),
    ]

    private static let byCode: [String: ExitCode] = {
        var table: [String: ExitCode] = [:]
        for (exit, codes) in codes {
            for code in codes { table[code] = exit }
        }
        return table
    }()

    /// The exit code of a layer's code; nil when the table does not have it.
    package static func of(code: String) -> ExitCode? { byCode[code] }
}
