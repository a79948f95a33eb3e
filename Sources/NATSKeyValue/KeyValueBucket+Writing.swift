public import BridgeBytes
internal import BridgeJSON
internal import NATSCore
public import NATSJetStream
internal import NATSWire

extension KeyValueBucket {
    /// Gives a key a value, whatever it had before.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the value may be stored.
    /// - Returns: The revision.
    /// - Throws: `JetStreamError` with `invalidArgument` for what is no key, `tooLarge`,
    ///   `storageFull`, `noStream` when the bucket is gone, and as `JetStream.publish`.
    @discardableResult
    public func put(
        _ value: some BytesConvertible, for key: String
    ) async throws(JetStreamError) -> UInt64 {
        try await write(value.bytes, key, "kv put")
    }

    /// Gives a key the JSON of a value, whatever it had before.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the value may be stored.
    /// - Returns: The revision.
    /// - Throws: As the form for text and bytes, and `invalidArgument` when JSON cannot write the
    ///   value; the detail has the path.
    @discardableResult
    public func put(
        json value: some Encodable, for key: String
    ) async throws(JetStreamError) -> UInt64 {
        try await write(Self.bytes(json: value, "kv put"), key, "kv put")
    }

    /// Gives many keys values, whatever they had before, with many answers outstanding: an order of
    /// magnitude faster than one `put` after the other.
    ///
    /// They are sent in their order; of a key that is named twice the later value stays, unless the
    /// server had to be asked again for it (see `JetStream.publishAll`). It is no transaction: when
    /// one fails, others are stored.
    ///
    /// Cancelling the task ends the run with the code `cancelled`; values may be stored.
    /// - Parameters:
    ///   - values: Keys and values: pairs, or a dictionary.
    ///   - maxOutstanding: Most values that may wait for their answers.
    /// - Returns: For each value, in order, what a `put` of it would have returned or thrown; the
    ///   `sequence` of an acknowledgement is the revision.
    /// - Throws: `JetStreamError` with `invalidArgument`, before anything is sent, when one of them
    ///   is no key, or nothing may be outstanding; `cancelled` or `closed`, when values may have
    ///   been stored.
    /// - Complexity: O(n) memory for the results, 8 bytes each.
    public func putAll(
        _ values: some Collection<(key: String, value: some BytesConvertible)>,
        maxOutstanding: Int = 256
    ) async throws(JetStreamError) -> PublishResults {
        for (key, _) in values { try check(key, "kv put") }
        let prefix = writtenPrefix
        return try await jetStream.publishAll(
            values.lazy.map { key, value in
                PublishRequest(value.bytes, to: Subject(received: Bytes(utf8: prefix + key)))
            }, maxOutstanding: maxOutstanding)
    }

    /// Gives a key another value, if its last revision is the one named.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the value may be stored.
    /// - Returns: The new revision.
    /// - Throws: `JetStreamError` with `conditionFailed` when somebody was faster, and as
    ///   `put(_:for:)`.
    @discardableResult
    public func update(
        _ value: some BytesConvertible, for key: String, expecting revision: UInt64
    ) async throws(JetStreamError) -> UInt64 {
        try await write(value.bytes, key, "kv update") {
            $0.expectedLastSubjectSequence = revision
        }
    }

    /// Gives a key the JSON of another value, if its last revision is the one named.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the value may be stored.
    /// - Returns: The new revision.
    /// - Throws: As the form for text and bytes, and `invalidArgument` when JSON cannot write the
    ///   value; the detail has the path.
    @discardableResult
    public func update(
        json value: some Encodable, for key: String, expecting revision: UInt64
    ) async throws(JetStreamError) -> UInt64 {
        try await update(
            Self.bytes(json: value, "kv update"), for: key, expecting: revision)
    }

    /// Attempts of `create` when others remove and make the key meanwhile.
    private static let mostAttempts = 5

    /// Gives a key a value, if it has none: it never had one, it was removed, or it has expired.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the value may be stored.
    /// - Parameter timeToLive: How long the key lives, in whole seconds, rounded up; nil: as the
    ///   bucket says. Needs `limitMarkerTTL` of the bucket, and is no less than that.
    /// - Returns: The revision.
    /// - Throws: `JetStreamError` with `keyExists`, `conditionFailed` when others are faster again
    ///   and again, and as `put(_:for:)`.
    @discardableResult
    public func create(
        _ value: some BytesConvertible, for key: String, timeToLive: Duration? = nil
    ) async throws(JetStreamError) -> UInt64 {
        let value = value.bytes
        var expected: UInt64 = 0
        var attempts = 0
        while true {
            do throws(JetStreamError) {
                return try await write(value, key, "kv create") {
                    ($0.expectedLastSubjectSequence, $0.timeToLive) = (expected, timeToLive)
                }
            } catch {
                attempts += 1
                guard error.code == .conditionFailed, attempts < Self.mostAttempts else {
                    throw error
                }
            }
            // The leader knows what stood in the way; a replica may not know it yet.
            let entry = try await entry(key, from: .leader)
            guard entry?.operation != .put else {
                throw JetStreamError(
                    .keyExists, operation: "kv create", stream: streamName,
                    subject: storedPrefix + key,
                    detail: "the key \(key) has a value, of revision \(entry?.revision ?? 0)",
                    outcome: .denied)
            }
            expected = entry?.revision ?? 0
        }
    }

    /// Gives a key the JSON of a value, if it has none.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the value may be stored.
    /// - Returns: The revision.
    /// - Throws: As the form for text and bytes, and `invalidArgument` when JSON cannot write the
    ///   value; the detail has the path.
    @discardableResult
    public func create(
        json value: some Encodable, for key: String, timeToLive: Duration? = nil
    ) async throws(JetStreamError) -> UInt64 {
        try await create(Self.bytes(json: value, "kv create"), for: key, timeToLive: timeToLive)
    }

    /// Removes a key; its history stays. One that never had a value is removed as well.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the key may be removed.
    /// - Parameter revision: Only if that is its last revision; nil: whatever it is.
    /// - Throws: `JetStreamError` with `conditionFailed` when somebody was faster, and as
    ///   `put(_:for:)`.
    public func delete(
        _ key: String, expecting revision: UInt64? = nil
    ) async throws(JetStreamError) {
        try await write(
            Bytes(), key, "kv delete",
            headers: [KeyValueEntry.operationName: KeyValueEntry.deleteWord]
        ) {
            $0.expectedLastSubjectSequence = revision
        }
    }

    /// Removes a key with its history.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the key may be removed.
    /// - Parameters:
    ///   - revision: Only if that is its last revision; nil: whatever it is.
    ///   - timeToLive: How long the mark of the removal stands, in whole seconds, rounded up; nil:
    ///     as the bucket says. Needs `limitMarkerTTL` of the bucket.
    /// - Throws: As `delete(_:expecting:)`.
    public func purge(
        _ key: String, expecting revision: UInt64? = nil, timeToLive: Duration? = nil
    ) async throws(JetStreamError) {
        try await write(
            Bytes(), key, "kv purge",
            headers: [KeyValueEntry.operationName: KeyValueEntry.purgeWord]
        ) {
            ($0.expectedLastSubjectSequence, $0.rollup) = (revision, .subject)
            $0.timeToLive = timeToLive
        }
    }

    @discardableResult
    private func write(
        _ value: Bytes, _ key: String, _ operation: String, headers: Headers = [:],
        _ ask: (inout PublishOptions) -> Void = { _ in }
    ) async throws(JetStreamError) -> UInt64 {
        var options = PublishOptions()
        ask(&options)
        let subject = try written(key, operation)
        return try await jetStream.publish(
            value, to: subject, headers: headers, options: options
        ).sequence
    }

    private static func bytes(
        json value: some Encodable, _ operation: String
    ) throws(JetStreamError) -> Bytes {
        do throws(JSONError) { return try Bytes(json: value) } catch {
            throw JetStreamError(
                .invalidArgument, operation: operation, detail: error.description, outcome: .lost)
        }
    }
}
