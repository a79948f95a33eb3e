package import BridgeBytes
internal import Glibc

/// The bytes of a regular file, piece by piece, so that a file of any size takes little memory.
///
/// The `unsafe` calls are sound: reads get a buffer with its own count, and the path is a string
/// that lives as long as the call.
package struct FilePieces: AsyncSequence, Sendable {
    package typealias Element = Bytes
    package typealias Failure = CommandFailure

    /// Bytes of a piece.
    private static let pieceSize = 1 << 20

    /// How large the file was when it was opened.
    package let size: Int
    private let path: String
    private let file: OpenFile

    /// The descriptor, which is closed with the last copy.
    private final class OpenFile: Sendable {
        let descriptor: Int32
        init(_ descriptor: Int32) { self.descriptor = descriptor }
        deinit { close(descriptor) }
    }

    /// Opens a file; one sequence of pieces can be had of it.
    /// - Throws: `file_not_found`, `system_error`.
    package init(_ path: String) throws(CommandFailure) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileBytes.failure("open", path) }
        file = OpenFile(descriptor)
        self.path = path
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileBytes.failure("open", path) }
        size = Int(status.st_size)
    }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let pieces: FilePieces

        package mutating func next() async throws(CommandFailure) -> Bytes? {
            try await next(isolation: #isolation)
        }

        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(CommandFailure) -> Bytes? {
            try pieces.read()
        }
    }

    package func makeAsyncIterator() -> Iterator { Iterator(pieces: self) }

    private func read() throws(CommandFailure) -> Bytes? {
        var writer = ByteWriter(capacity: Self.pieceSize)
        while true {
            var count = 0
            unsafe writer.appendUnsafe(upTo: Self.pieceSize) { spare in
                count = unsafe Glibc.read(file.descriptor, spare.baseAddress, spare.count)
                return Swift.max(count, 0)
            }
            if count == 0 { return nil }
            if count > 0 { return writer.finish() }
            guard errno == EINTR else { throw FileBytes.failure("read", path) }
        }
    }
}
