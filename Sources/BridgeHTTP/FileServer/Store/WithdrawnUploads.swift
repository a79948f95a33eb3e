internal import BridgeBytes

/// Uploads that were deleted, also before they were stored: a sender that got no answer gives up or
/// tries again while its first bytes are still on their way, and nobody would ever ask for those.
///
/// The newest are remembered, until the next start; whoever knows neither name nor token of an
/// upload cannot stop it. A client that deletes thousands of names that never were makes the others
/// be forgotten: those uploads then lie in the store until their time to live ends, as they would
/// have without this.
struct WithdrawnUploads {
    /// Most that are remembered.
    static let limit = 4096

    private var tokens: [ObjectKey: String] = [:]
    private var order = Fifo<ObjectKey>()

    mutating func add(_ key: ObjectKey, token: String) {
        if tokens.updateValue(token, forKey: key) == nil { order.append(key) }
        while order.count > Self.limit {
            tokens[order[0]] = nil
            order.dropFirst()
        }
    }

    /// Whether the upload of that name and token was taken back.
    func contains(_ key: ObjectKey, token: String) -> Bool {
        tokens[key].map { ConstantTime.equal($0, token) } ?? false
    }
}
