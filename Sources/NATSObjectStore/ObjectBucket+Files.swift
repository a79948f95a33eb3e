// Theory of operation.
//
// A file that is fetched grows beside its name, in `PATH.<id>.partial`, where the identifier is
// that of the put: so bytes of two puts never meet. What an earlier attempt left there is read
// first, for the digest, and reading goes on behind it. The file gets its name when size and digest
// are right; bytes that are wrong are removed, since going on behind them leads nowhere. With the
// name goes what attempts for other puts have left beside it: nobody goes on behind that.
internal import BridgeBytes
internal import BridgeSockets
internal import Glibc
internal import NATSCore
public import NATSJetStream

extension ObjectBucket {
    /// Stores the content of a file, which is read piece by piece; see the form for bytes.
    ///
    /// Cancelling the task does what it does in the form for bytes.
    /// - Parameters:
    ///   - path: A regular file, or a link to one.
    ///   - name: The object's name; nil: the path as it is given.
    /// - Throws: `JetStreamError`, as the form for bytes; `fileNotFound`, `permissionDenied`,
    ///   `systemError` or `invalidArgument` for what is no regular file, before anything is sent;
    ///   `sourceFailed` when it cannot be read to its end.
    @discardableResult
    public func put(
        fileAt path: String, as name: String? = nil,
        notes: ObjectInfo.Notes = ObjectInfo.Notes(), chunkSize: Int = Self.chunkSize
    ) async throws(JetStreamError) -> ObjectInfo {
        let pieces = try await open(path)
        return try await put(
            contentsOf: pieces, as: name ?? path, notes: notes, chunkSize: chunkSize)
    }

    private func open(_ path: String) async throws(JetStreamError) -> FilePieces {
        let result = await BlockingPool.shared.run { () -> Result<FilePieces?, SocketError> in
            guard FileSystem().isRegular(path) != false else { return .success(nil) }
            return Result { () throws(SocketError) in
                let file = try OpenFile.reading(path, followsLinks: true)
                return FilePieces(file: file, size: try file.size())
            }
        }
        switch result {
        case .success(let pieces?): return pieces
        case .success: throw error(.invalidArgument, "object put", "\(path) is no regular file")
        case .failure(let failure): throw error(failure.code, "object put", failure.detail)
        }
    }

    /// Writes an object into a file, which appears whole, its size and digest checked, or not at
    /// all. What an attempt that failed had fetched stays in `PATH.<id>.partial`, and the next one
    /// goes on behind it; when the file is there, what is left of such attempts is removed. Two at
    /// a time for one path are for the caller to avoid.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; what was fetched stays.
    /// - Parameters:
    ///   - path: Its file is replaced, by one that whoever the process's umask names may use.
    ///   - progress: Called with the bytes that are there, and the size of the object.
    /// - Returns: What the store knows of the object; of the one that it leads to, for a link.
    /// - Throws: `JetStreamError`, as `content(of:)` and its sequence, and `fileNotFound`,
    ///   `permissionDenied`, `storageFull` or `systemError` with what the file system says.
    @discardableResult
    public func get(
        _ name: String, toFile path: String,
        progress: (@Sendable (_ count: UInt64, _ size: UInt64) -> Void)? = nil
    ) async throws(JetStreamError) -> ObjectInfo {
        let (store, info) = try await resolve(name)
        let partial = PartialFile(path: path, info: info)
        let begun = try await written(partial.open(info))
        progress?(begun.progress.offset, info.size)
        do throws(JetStreamError) {
            var pieces = try await store.content(info, from: begun.progress).makeAsyncIterator()
            while true {
                let offset = pieces.progress.offset
                guard let piece = try await pieces.next() else { break }
                // Pieces that have come already need no wait that would notice it.
                guard !Task.isCancelled else {
                    throw self.error(.cancelled, "object get", "it was cancelled")
                }
                try await written(partial.write(piece, at: offset, to: begun.file))
                progress?(pieces.progress.offset, info.size)
            }
        } catch {
            if error.code == .checksumMismatch || error.code == .truncated {
                await partial.remove()
            }
            throw error
        }
        try await written(partial.finish())
        return info
    }

    /// What a step of a file came to.
    private func written<T>(_ result: Result<T, SocketError>) throws(JetStreamError) -> T {
        do throws(SocketError) { return try result.get() } catch {
            throw self.error(
                error.code, "object get",
                error.place.isEmpty ? error.detail : "\(error.place): \(error.detail)")
        }
    }
}

/// The pieces of a file, read as they are wanted.
private struct FilePieces: AsyncSequence, Sendable {
    typealias Element = Bytes
    typealias Failure = SocketError

    private static let pieceSize = 1 << 20

    let file: OpenFile
    /// Its size when this began; a file that has become shorter meanwhile is none that was wanted.
    let size: Int

    struct Iterator: AsyncIteratorProtocol {
        let file: OpenFile
        let size: Int
        var position = 0

        mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(SocketError) -> Bytes? {
            let (file, position) = (file, position)
            let result = await BlockingPool.shared.run {
                Result { () throws(SocketError) in
                    try file.read(at: position, limit: FilePieces.pieceSize)
                }
            }
            let piece = try result.get()
            self.position += piece.count
            guard piece.isEmpty else { return piece }
            guard self.position >= size else {
                throw SocketError(
                    "read", errno: EIO,
                    detail: "the file has become shorter: \(self.position) of \(size) bytes came")
            }
            return nil
        }

        mutating func next() async throws(SocketError) -> Bytes? {
            try await next(isolation: #isolation)
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(file: file, size: size) }
}

/// A file that an object grows in.
private struct PartialFile: Sendable {
    struct Begun: Sendable {
        let file: OpenFile
        let progress: ObjectProgress
    }

    let path: String
    let partial: String

    init(path: String, info: ObjectInfo) {
        self.path = path
        // Others' identifiers may be any text.
        let id = info.id.utf8.prefix(64).map { byte in
            let character = Character(UnicodeScalar(byte))
            return character.isASCII && (character.isLetter || character.isNumber) ? character : "_"
        }
        partial = "\(path).\(String(id)).partial"
    }

    /// What is there already, if it may be a beginning.
    func open(_ info: ObjectInfo) async -> Result<Begun, SocketError> {
        await BlockingPool.shared.run { [self] in
            Result { () throws(SocketError) in
                let size = FileSystem().size(of: partial)
                guard let size, UInt64(size) <= info.size else {
                    if size != nil { _ = try FileSystem().remove(partial) }
                    return Begun(
                        file: try OpenFile.creating(partial, for: .usual),
                        progress: ObjectProgress(id: info.id))
                }
                let file = try OpenFile.updating(partial)
                var digest = ObjectDigest()
                let count = try file.read(0..<size) { piece in
                    digest.update(piece)
                    return true
                }
                return Begun(
                    file: file,
                    progress: ObjectProgress(id: info.id, offset: UInt64(count), digest: digest))
            }
        }
    }

    func write(
        _ piece: Bytes, at offset: UInt64, to file: OpenFile
    ) async -> Result<Void, SocketError> {
        await BlockingPool.shared.run {
            Result { () throws(SocketError) in
                try file.write(piece.span, at: Int(clamping: offset))
            }
        }
    }

    /// Gives the file its name.
    func finish() async -> Result<Void, SocketError> {
        await BlockingPool.shared.run { [self] in
            Result { () throws(SocketError) in
                try FileSystem().rename(partial, to: path)
                removeOthers()
            }
        }
    }

    /// Length of an identifier, as all clients make them.
    private static let identifierLength = 22

    /// Removes what attempts for other puts have left.
    private func removeOthers() {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let folder = parts.dropLast().joined(separator: "/") + "/"
        let beginning = (parts.last ?? "") + "."
        let names = try? FileSystem().names(in: parts.count == 1 ? "." : folder)
        for name in names ?? [] where name.hasPrefix(beginning) && name.hasSuffix(".partial") {
            let id = name.dropFirst(beginning.count).dropLast(".partial".count)
            guard id.count == Self.identifierLength,
                id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) })
            else { continue }
            _ = try? FileSystem().remove(parts.count == 1 ? name : folder + name)
        }
    }

    func remove() async {
        await BlockingPool.shared.run { [self] in _ = try? FileSystem().remove(partial) }
    }
}
