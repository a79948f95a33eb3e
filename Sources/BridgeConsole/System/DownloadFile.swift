package import BridgeBytes
internal import BridgeSockets

/// A file that a download goes to: into its own pages where that is possible, so that nothing is
/// copied.
package struct DownloadFile: Sendable {
    private let path: String
    /// Nil for what is no regular file, such as a pipe: it is written into as it stands.
    private let pages: PlacedFile?

    /// - Parameter path: The file's name; `-` is the standard output.
    package init(_ path: String) {
        self.path = path
        let isStream = path == "-" || FileBytes.isRegular(path) == false
        pages = isStream ? nil : PlacedFile(path)
    }

    /// Memory for a download of so many bytes; nil for that of the client.
    package func place(for count: Int) async -> ByteRegion? {
        guard let pages else { return nil }
        return await BlockingPool.shared.run { () -> ByteRegion? in pages.place(for: count) }
    }

    /// Makes the bytes the file's content, which appears whole or not at all.
    package func finish(_ bytes: Bytes) async throws(CommandFailure) {
        do throws(SocketError) {
            if let pages, try pages.finish(bytes) { return }
        } catch {
            throw FileBytes.failure("write", path, number: error.errno)
        }
        try await FileBytes.write(bytes, to: path)
    }
}
