public import BridgeBytes
internal import NATSCore
public import NATSJetStream
internal import NATSWire

extension ErrorCode {
    /// No object store has that name.
    public static let objectStoreNotFound = ErrorCode(rawValue: "object_store_not_found")
    /// The store has no object of that name.
    public static let objectNotFound = ErrorCode(rawValue: "object_not_found")
    /// Another object has that name.
    public static let objectExists = ErrorCode(rawValue: "object_exists")
}

extension JetStream {
    /// An object store that exists.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `JetStreamError` with `objectStoreNotFound`, `invalidArgument` for what is no
    ///   name, and what every call of the API may throw (see `JetStream`).
    public func objectStore(_ bucket: String) async throws(JetStreamError) -> ObjectBucket {
        _ = try await storeInfo(bucket, "object store info")
        return ObjectBucket(self, bucket)
    }

    private func storeInfo(
        _ bucket: String, _ operation: String
    ) async throws(JetStreamError) -> StreamInfo {
        try ObjectNames.check(bucket: bucket, operation)
        do throws(JetStreamError) {
            return try await streamInfo(ObjectNames(bucket: bucket).stream)
        } catch  where error.code == .streamNotFound {
            throw JetStreamError(
                .objectStoreNotFound, operation: operation, stream: error.stream,
                apiError: error.apiError, detail: "no object store is called \(bucket)")
        }
    }

    /// Makes an object store. When there is one with that name and the same configuration, it is
    /// returned; with another configuration that is an error.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Throws: `JetStreamError` with `streamNameInUse`, `invalidArgument` (the detail names the
    ///   setting), and what every call of the API may throw (see `JetStream`).
    @discardableResult
    public func createObjectStore(
        _ configuration: ObjectStoreConfiguration
    ) async throws(JetStreamError) -> ObjectBucket {
        try await createStream(configuration.newStream())
        return ObjectBucket(self, configuration.bucket)
    }

    /// Changes an object store. Settings of its stream that a store does not have stay as they are.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Throws: `JetStreamError` with `objectStoreNotFound`, `invalidArgument`, `refused` for what
    ///   cannot be changed, and what every call of the API may throw (see `JetStream`).
    @discardableResult
    public func updateObjectStore(
        _ configuration: ObjectStoreConfiguration
    ) async throws(JetStreamError) -> ObjectBucket {
        var stream = try await storeInfo(configuration.bucket, "object store update").configuration
        configuration.apply(to: &stream)
        try await updateStream(stream)
        return ObjectBucket(self, configuration.bucket)
    }

    /// Removes an object store with everything in it.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Throws: `JetStreamError` with `objectStoreNotFound`, `invalidArgument` for what is no
    ///   name, and what every call of the API may throw (see `JetStream`).
    public func deleteObjectStore(_ bucket: String) async throws(JetStreamError) {
        _ = try await storeInfo(bucket, "object store delete")
        try await deleteStream(ObjectNames(bucket: bucket).stream)
    }

    /// The names of all object stores, in no order.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: What every call of the API may throw (see `JetStream`).
    public func objectStoreNames() async throws(JetStreamError) -> [String] {
        var names: [String] = []
        for try await stream in streamNames(storing: "$O.*.C.>") {
            if let bucket = ObjectNames.bucket(stream) { names.append(bucket) }
        }
        return names
    }
}
