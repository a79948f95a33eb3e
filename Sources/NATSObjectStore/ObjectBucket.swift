internal import BridgeBytes
internal import NATSCore
public import NATSJetStream
internal import NATSWire

/// Objects of any size by their names, kept in a stream of their own (ADR-20).
///
/// It is a name at the server and holds no connection state: it may be copied freely, and other
/// programs, in any language, may use it at the same time.
///
///     let files = try await client.jetStream.createObjectStore(
///         ObjectStoreConfiguration(bucket: "files"))
///     try await files.put("hello", as: "greeting.txt")
///     print(try await files.bytes(of: "greeting.txt").count)
///
/// Besides the codes that it names, every call may throw what every call of the API may (see
/// `JetStream`).
public struct ObjectBucket: Sendable, CustomStringConvertible {
    /// JetStream, as it reaches the store.
    public let jetStream: JetStream
    /// The name of the store.
    public let name: String
    let names: ObjectNames
    /// Every replica that is to be asked has an object that is so old.
    package var settlingTime: Duration = .seconds(60)

    init(_ jetStream: JetStream, _ bucket: String) {
        self.jetStream = jetStream
        name = bucket
        names = ObjectNames(bucket: bucket)
    }

    /// The stream under it.
    public var streamName: String { names.stream }

    /// The name.
    public var description: String { "ObjectBucket(\(name))" }

    /// What the store is; `state.bytes` says how much it holds.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `JetStreamError` with `streamNotFound` when it is gone, and what every call may
    ///   throw.
    public func streamInfo() async throws(JetStreamError) -> StreamInfo {
        try await jetStream.streamInfo(streamName)
    }

    /// The store's configuration.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: As `streamInfo()`.
    public func configuration() async throws(JetStreamError) -> ObjectStoreConfiguration {
        ObjectStoreConfiguration(try await streamInfo().configuration)
    }

    /// What the store knows of an object; nil when there is none of that name, or it was removed.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `JetStreamError` with `streamNotFound` when the store is gone, `unexpectedAnswer`
    ///   when what it says cannot be read, and what every call may throw.
    public func info(_ name: String) async throws(JetStreamError) -> ObjectInfo? {
        let info = try await word(of: name, "object info").present
        if let info { try check(info, "object info") }
        return info
    }

    /// What the store knows of an object that must be there.
    func existing(
        _ name: String, _ operation: String
    ) async throws(JetStreamError) -> ObjectInfo {
        try existing(try await word(of: name, operation), name, operation)
    }

    /// All objects, in the order in which they were stored; also those of which somebody has said
    /// what cannot be read (`ObjectInfo.fault`).
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Parameter includesDeleted: Whether those that were removed are listed, too.
    /// - Throws: As `info(_:)`.
    /// - Complexity: O(n) memory.
    public func objects(
        includesDeleted: Bool = false
    ) async throws(JetStreamError) -> [ObjectInfo] {
        var options = OrderedReadOptions()
        options.filters = [names.infos]
        (options.start, options.follows) = (.lastPerSubject, false)
        var objects: [ObjectInfo] = []
        /// By name: what is said of an object meanwhile takes the place of what was said before.
        var places: [String: Int] = [:]
        for try await message in jetStream.orderedMessages(in: streamName, options: options) {
            let info = ObjectInfo(
                message.payload, on: message.subject, in: names,
                stored: message.metadata.timestamp)
            places[info.name] = objects.count
            objects.append(info)
        }
        return objects.enumerated().compactMap { place, info in
            places[info.name] == place && (includesDeleted || !info.isDeleted) ? info : nil
        }
    }

    /// Removes the bytes of an identifier. What cannot be removed is nobody's, and takes room only.
    func removeChunks(of id: String) async throws(JetStreamError) {
        // A pattern would be the bytes of all objects.
        guard ObjectNames.isIdentifier(id) else { return }
        // Not ended by the caller's cancellation: a put that fails leaves nothing.
        let (jetStream, stream) = (jetStream, streamName)
        let subject = SubjectPattern(names.chunks(of: id))
        let result = await Task { () -> Result<UInt64, JetStreamError> in
            do throws(JetStreamError) {
                return .success(try await jetStream.purgeStream(stream, subject: subject))
            } catch {
                return .failure(error)
            }
        }.value
        _ = try result.get()
    }

    func error(
        _ code: ErrorCode, _ operation: String, _ detail: String
    ) -> JetStreamError {
        JetStreamError(code, operation: operation, stream: streamName, detail: detail)
    }
}
