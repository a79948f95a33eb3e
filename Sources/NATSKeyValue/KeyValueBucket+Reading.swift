internal import BridgeBytes
internal import NATSCore
public import NATSJetStream
internal import NATSWire

extension KeyValueBucket {
    /// The value of a key; nil when it has none: it never had one, it was removed, or it has
    /// expired.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `JetStreamError` with `invalidArgument` for what is no key, `streamNotFound` when
    ///   the bucket is gone, and what every call may throw.
    public func get(_ key: String) async throws(JetStreamError) -> KeyValueEntry? {
        guard let entry = try await entry(key, from: reader), entry.operation == .put else {
            return nil
        }
        return entry
    }

    /// What a key was at a revision; nil when that revision is another key's, or gone.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: As `get(_:)`.
    public func get(
        _ key: String, revision: UInt64
    ) async throws(JetStreamError) -> KeyValueEntry? {
        let subject = try stored(key, "kv get")
        do throws(JetStreamError) {
            let message = try await jetStream.message(revision, in: streamName, from: reader)
            guard message.subject == subject else { return nil }
            return KeyValueEntry(message, bucket: name, key: key)
        } catch  where error.code == .messageNotFound {
            return nil
        }
    }

    /// The last change of a key, a mark included; nil when there is none.
    func entry(
        _ key: String, from reader: MessageReader
    ) async throws(JetStreamError) -> KeyValueEntry? {
        let subject = try stored(key, "kv get")
        do throws(JetStreamError) {
            return KeyValueEntry(
                try await jetStream.lastMessage(on: subject, in: streamName, from: reader),
                bucket: name, key: key)
        } catch  where error.code == .messageNotFound {
            return nil
        }
    }

    /// The values of many keys as of one moment, in the order in which they were set (server
    /// 2.11). In a bucket with replicas any of them answers, as for `reader`.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Parameter patterns: Keys, and patterns with `*` and `>`; the server refuses more than 1024
    ///   keys (`limitExceeded`).
    /// - Throws: As `get(_:)`, and `limitExceeded`.
    public func entries(
        for patterns: [String]
    ) async throws(JetStreamError) -> [KeyValueEntry] {
        let subjects = try stored(patterns: patterns, "kv get")
        var entries: [KeyValueEntry] = []
        for try await message in jetStream.lastMessages(on: subjects, in: streamName) {
            let entry = KeyValueEntry(message, bucket: name, key: key(message.subject))
            if entry.operation == .put { entries.append(entry) }
        }
        return entries
    }

    /// All changes of a key that the bucket keeps, the oldest first, marks included.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: As `get(_:)`.
    public func history(of key: String) async throws(JetStreamError) -> [KeyValueEntry] {
        try check(key, "kv history")
        var options = OrderedReadOptions()
        options.filters = try stored(patterns: [key], "kv history")
        options.follows = false
        var entries: [KeyValueEntry] = []
        for try await message in jetStream.orderedMessages(in: streamName, options: options) {
            entries.append(KeyValueEntry(message, bucket: name, key: key))
        }
        return entries
    }

    /// The keys that have a value, in the order in which they were set.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Parameter patterns: Only such keys; empty: all.
    /// - Throws: As `get(_:)`.
    /// - Complexity: O(n) memory: a `watch` with `metaOnly` goes through any number of keys.
    public func keys(
        matching patterns: [String] = []
    ) async throws(JetStreamError) -> [String] {
        var keys: [(key: String, isSet: Bool)] = []
        /// What becomes of a key meanwhile takes the place of what was told before.
        var places: [String: Int] = [:]
        for try await entry in try newest(patterns, "kv keys") {
            places[entry.key] = keys.count
            keys.append((entry.key, entry.operation == .put))
        }
        return keys.enumerated().compactMap { place, found in
            places[found.key] == place && found.isSet ? found.key : nil
        }
    }

    /// The last change of each key, without its value.
    private func newest(
        _ patterns: [String], _ operation: String
    ) throws(JetStreamError) -> KeyValueEntries {
        var options = OrderedReadOptions()
        options.filters = try stored(patterns: patterns, operation)
        (options.start, options.headersOnly, options.follows) = (.lastPerSubject, true, false)
        return KeyValueEntries(
            bucket: self, messages: jetStream.orderedMessages(in: streamName, options: options))
    }

    /// Removes what is left of keys that were removed: their history and, when they are old
    /// enough, the marks themselves. A key that has got a value meanwhile keeps it.
    ///
    /// Cancelling the task ends it with the code `cancelled`; some may be removed by then.
    /// - Parameter age: How old a mark must be to be removed as well, by the server's clock;
    ///   younger ones stay for watchers that are away.
    /// - Returns: How many messages of the stream were removed.
    /// - Throws: As `get(_:)`.
    @discardableResult
    public func purgeDeletes(
        olderThan age: Duration = .seconds(1800)
    ) async throws(JetStreamError) -> UInt64 {
        // The reading ends first: what is removed under it would disturb it.
        var marks: [KeyValueEntry] = []
        for try await entry in try newest([], "kv purge") where entry.operation != .put {
            marks.append(entry)
        }
        guard !marks.isEmpty else { return 0 }
        let now = try await jetStream.streamInfo(streamName).serverTime
        let limit = now?.advanced(by: .zero - max(age, .zero))
        var removed: UInt64 = 0
        for mark in marks {
            // A server that does not tell its time (before 2.10) keeps all marks.
            let isOld = limit.map { mark.created <= $0 } ?? false
            // Up to the mark and no further: the key may have a value again by now, which a
            // replica has perhaps not told yet.
            removed += try await jetStream.purgeStream(
                streamName, subject: SubjectPattern(stored(mark.key, "kv purge")),
                before: isOld ? min(mark.revision, .max - 1) + 1 : mark.revision)
        }
        return removed
    }
}

/// Entries that are read in order.
struct KeyValueEntries: AsyncSequence, Sendable {
    typealias Element = KeyValueEntry
    typealias Failure = JetStreamError

    let bucket: KeyValueBucket
    let messages: OrderedMessages

    struct Iterator: AsyncIteratorProtocol {
        let bucket: KeyValueBucket
        var messages: OrderedMessages.Iterator

        mutating func next() async throws(JetStreamError) -> KeyValueEntry? {
            try await next(isolation: #isolation)
        }

        mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(JetStreamError) -> KeyValueEntry? {
            guard let message = try await messages.next() else { return nil }
            return KeyValueEntry(
                message, bucket: bucket.name, key: bucket.key(message.subject))
        }
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(bucket: bucket, messages: messages.makeAsyncIterator())
    }
}
