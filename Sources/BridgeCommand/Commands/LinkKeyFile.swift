internal import BridgeBytes
internal import BridgeConsole

/// The file of `serve --link-keys`: a key on each line, the newest first. Lines that are empty or
/// begin with `#` are none.
enum LinkKeyFile {
    /// - Throws: `file_not_found`, `system_error` for a file that cannot be read, and wrong usage
    ///   for one without a key: links would be signed with what the operator did not mean.
    static func read(_ path: String) async throws(CommandFailure) -> [String] {
        let bytes = try await FileBytes.read(path)
        let text = String(validating: bytes) ?? ""
        let lines = text.split(whereSeparator: \.isNewline)
        let keys = lines.map { line in
            String(line.drop(while: \.isWhitespace).prefix { !$0.isWhitespace })
        }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
        guard !keys.isEmpty else { throw .usage("--link-keys \(path) has no key") }
        return keys
    }
}
