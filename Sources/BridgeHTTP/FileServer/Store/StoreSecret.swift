internal import BridgeBytes
internal import BridgeSockets

/// What only this store knows: 32 random bytes in its folder, with which it seals what clients
/// bring back.
package struct StoreSecret: Sendable {
    private static let size = 32
    private let key: [UInt8]

    package init(key: [UInt8]) { self.key = key }

    /// Reads the secret of a folder, or makes one. Where it cannot be kept, as on a full disk, it
    /// ends with this process, and with it what was sealed. Blocks; the folder is ours alone.
    init(in folder: String, files: FileSystem, calls: SystemCalls) {
        let path = "\(folder)/secret"
        if let file = try? OpenFile.reading(path, calls: calls),
            let bytes = try? file.read(at: 0, limit: Self.size + 1), bytes.count == Self.size
        {
            self.init(key: Array(bytes))
            return
        }
        var generator = SystemGenerator()
        let key = (0..<Self.size).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        self.init(key: key)
        // One of another length is a leftover.
        _ = try? files.remove(path)
        guard let file = try? OpenFile.creating(path, calls: calls) else { return }
        do throws(SocketError) {
            try file.write(key.span, at: 0)
            try file.synchronize()
        } catch {
            _ = try? files.remove(path)
        }
    }

    /// The seal of a text, in 32 hexadecimal digits: HMAC-SHA-256 (RFC 2104), of which the first
    /// 128 bits count.
    package func seal(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let code = HMACSHA256.code(of: bytes.span, key: key.span)
        return String(Hex.string(code.span).prefix(32))
    }
}
