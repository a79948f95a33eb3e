public import BridgeBytes
internal import NATSCore
public import NATSJetStream
internal import NATSWire

extension ErrorCode {
    /// No bucket has that name.
    public static let bucketNotFound = ErrorCode(rawValue: "bucket_not_found")
    /// The key has a value already.
    public static let keyExists = ErrorCode(rawValue: "key_exists")
}

extension JetStream {
    /// A bucket that exists.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `JetStreamError` with `bucketNotFound`, `invalidArgument` for what is no name, and
    ///   what every call of the API may throw (see `JetStream`).
    public func keyValue(_ bucket: String) async throws(JetStreamError) -> KeyValueBucket {
        KeyValueBucket(self, try await bucketInfo(bucket, "kv info").configuration)
    }

    private func bucketInfo(
        _ bucket: String, _ operation: String
    ) async throws(JetStreamError) -> StreamInfo {
        try KeyGrammar.check(bucket: bucket, operation)
        do throws(JetStreamError) {
            return try await streamInfo(KeyGrammar.stream(bucket))
        } catch  where error.code == .streamNotFound {
            throw JetStreamError(
                .bucketNotFound, operation: operation, stream: error.stream,
                apiError: error.apiError, detail: "no bucket is called \(bucket)")
        }
    }

    /// Makes a bucket. When there is one with that name and the same configuration, it is returned;
    /// with another configuration that is an error.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Throws: `JetStreamError` with `streamNameInUse`, `invalidArgument` (the detail names the
    ///   setting), and what every call of the API may throw (see `JetStream`).
    @discardableResult
    public func createKeyValue(
        _ configuration: KeyValueConfiguration
    ) async throws(JetStreamError) -> KeyValueBucket {
        try configuration.check("kv create")
        let info = try await createStream(configuration.newStream("kv create"))
        return KeyValueBucket(self, info.configuration)
    }

    /// Changes a bucket. Settings of its stream that a bucket does not have stay as they are.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Throws: `JetStreamError` with `bucketNotFound`, `invalidArgument`, `refused` for what
    ///   cannot be changed, and what every call of the API may throw (see `JetStream`).
    @discardableResult
    public func updateKeyValue(
        _ configuration: KeyValueConfiguration
    ) async throws(JetStreamError) -> KeyValueBucket {
        try configuration.check("kv update")
        var stream = try await bucketInfo(configuration.bucket, "kv update").configuration
        configuration.apply(to: &stream)
        return KeyValueBucket(self, try await updateStream(stream).configuration)
    }

    /// Changes a bucket, or makes it when there is none of that name.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Throws: As `updateKeyValue(_:)` and `createKeyValue(_:)`.
    @discardableResult
    public func createOrUpdateKeyValue(
        _ configuration: KeyValueConfiguration
    ) async throws(JetStreamError) -> KeyValueBucket {
        do throws(JetStreamError) {
            return try await updateKeyValue(configuration)
        } catch  where error.code == .bucketNotFound {
            return try await createKeyValue(configuration)
        }
    }

    /// Removes a bucket with everything in it.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Throws: `JetStreamError` with `bucketNotFound`, `invalidArgument` for what is no name, and
    ///   what every call of the API may throw (see `JetStream`).
    public func deleteKeyValue(_ bucket: String) async throws(JetStreamError) {
        _ = try await bucketInfo(bucket, "kv delete")
        try await deleteStream(KeyGrammar.stream(bucket))
    }

    /// The names of all buckets, but for mirrors, in no order.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: What every call of the API may throw (see `JetStream`).
    public func keyValueNames() async throws(JetStreamError) -> [String] {
        var names: [String] = []
        for try await stream in streamNames(storing: "$KV.*.>") {
            if let bucket = KeyGrammar.bucket(stream) { names.append(bucket) }
        }
        return names
    }
}
