package import BridgeBytes
internal import Synchronization

/// The body of an upload on its way from a connection to an engine.
///
/// ## Theory of operation
/// The connection adds what comes on its reactor's thread, and stops reading while `window` bytes
/// wait; the engine takes pieces in a task, and has the connection go on. Small pieces, as many
/// tiny chunks make them, are gathered. The end comes out as nil, and only when all of the body is
/// there and is what its sender has stated: whatever else ends it throws, so that no engine takes
/// a part for the whole.
package final class UploadPipe: AsyncSequence, Sendable {
    package typealias Element = Bytes
    package typealias Failure = GatewayFailure

    /// Most bytes that wait, beyond what one read brings: 1 MiB.
    package static let window = 1 << 20
    /// Pieces below this size are gathered: 16 KiB.
    private static let gathered = 16 << 10

    private struct State: ~Copyable {
        var pieces = Fifo<Bytes>()
        /// Small pieces behind the others.
        var tail = ByteWriter(capacity: 0)
        var count = 0
        var isWhole = false
        var isAborted = false
        /// Whether the connection waits for room.
        var isFull = false
        var taker: CheckedContinuation<Void, Never>?

        mutating func closeTail() {
            guard !tail.isEmpty else { return }
            var full = ByteWriter(capacity: 0)
            swap(&full, &tail)
            pieces.append(full.finish())
        }
    }

    private struct Reading {
        var size = 0
        var digest: RunningChecksum?
        var hash: MD5?
        var md5: String?
        var sha256: String?
        var failure: GatewayFailure?
    }

    /// The declared size; nil when it comes in chunks.
    package let length: Int?
    private let digests: StatedDigests
    private let makesRoom: @Sendable () -> Void
    private let state = Mutex<State>(State())
    private let reading: Mutex<Reading>

    /// - Parameters:
    ///   - takesDigest: Whether SHA-256 is taken though nothing is stated.
    ///   - takesMD5: Whether MD5 is taken, for those who know no other.
    ///   - makesRoom: Called on any thread when a full pipe has room again.
    init(
        length: Int?, digests: StatedDigests = StatedDigests(), takesDigest: Bool = false,
        takesMD5: Bool = false, makesRoom: @escaping @Sendable () -> Void
    ) {
        self.length = length
        self.digests = digests
        self.makesRoom = makesRoom
        let isWanted = takesDigest || !digests.isEmpty
        reading = Mutex(
            Reading(
                digest: isWanted ? RunningChecksum(.sha256) : nil, hash: takesMD5 ? MD5() : nil))
    }

    /// Bytes that the engine has taken so far.
    package var size: Int { reading.withLock { $0.size } }

    /// SHA-256 of all of them, once the end has come out, where it was to be taken.
    package var sha256: String? { reading.withLock { $0.sha256 } }

    /// What `next` has thrown.
    package var failure: GatewayFailure? { reading.withLock { $0.failure } }

    /// MD5 of all of them, as `sha256`.
    var md5: String? { reading.withLock { $0.md5 } }

    /// A pipe that holds a small content.
    convenience init(_ content: Bytes) {
        self.init(length: content.count) {}
        add(content.span)
        end()
    }

    func add(_ span: Span<UInt8>) {
        let taker = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.isAborted, !state.isWhole, !span.isEmpty else { return nil }
            if span.count < Self.gathered {
                state.tail.append(span)
                if state.tail.count >= Self.gathered * 4 { state.closeTail() }
            } else {
                state.closeTail()
                var copy = ByteWriter(capacity: span.count)
                copy.append(span)
                state.pieces.append(copy.finish())
            }
            state.count += span.count
            return state.taker.take()
        }
        taker?.resume()
    }

    /// Whether the connection is to wait; it is called then when there is room.
    var isFull: Bool {
        state.withLock { state in
            state.isFull = state.count >= Self.window && !state.isAborted
            return state.isFull
        }
    }

    /// The body is whole.
    func end() { close { $0.isWhole = true } }

    /// The body will never be whole, or nobody wants it.
    func abort() {
        close { state in
            state.isAborted = !state.isWhole
        }
    }

    private func close(_ change: (inout State) -> Void) {
        let (taker, wasFull) = state.withLock {
            state -> (CheckedContinuation<Void, Never>?, Bool) in
            change(&state)
            defer { state.isFull = false }
            return (state.taker.take(), state.isFull)
        }
        taker?.resume()
        if wasFull { makesRoom() }
    }

    package func makeAsyncIterator() -> Iterator { Iterator(pipe: self) }

    package struct Iterator: AsyncIteratorProtocol {
        let pipe: UploadPipe

        package mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(GatewayFailure) -> Bytes? {
            try await pipe.next()
        }

        package mutating func next() async throws(GatewayFailure) -> Bytes? {
            try await pipe.next()
        }
    }

    private enum Found {
        case piece(Bytes, makesRoom: Bool)
        case end
        case aborted
        case nothing
    }

    /// The next piece; nil at the end of a body that is whole and right.
    ///
    /// Cancelling the task does not end the wait: the end of the connection does.
    /// - Throws: `GatewayFailure` of the kinds `aborted` and `wrongDigest`.
    package func next() async throws(GatewayFailure) -> Bytes? {
        do throws(GatewayFailure) { return try await piece() } catch {
            reading.withLock { $0.failure = error }
            throw error
        }
    }

    private func piece() async throws(GatewayFailure) -> Bytes? {
        while true {
            switch take() {
            case .piece(let piece, let isRoom):
                if isRoom { makesRoom() }
                reading.withLock { reading in
                    reading.size += piece.count
                    reading.digest?.update(piece.span)
                    reading.hash?.update(piece.span)
                }
                return piece
            case .aborted:
                throw GatewayFailure(.aborted, .truncated, "the upload ended early")
            case .end:
                try verify()
                return nil
            case .nothing: await wait()
            }
        }
    }

    private func take() -> Found {
        state.withLock { state in
            if state.isAborted { return .aborted }
            if state.pieces.isEmpty { state.closeTail() }
            if let piece = state.pieces.popFirst() {
                state.count -= piece.count
                let isRoom = state.isFull && state.count < Self.window / 2
                if isRoom { state.isFull = false }
                return .piece(piece, makesRoom: isRoom)
            }
            return state.isWhole ? .end : .nothing
        }
    }

    private func wait() async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                let isReady =
                    state.isAborted || state.isWhole || !state.pieces.isEmpty
                    || !state.tail.isEmpty
                if !isReady { state.taker = continuation }
                return isReady
            }
            if isReady { continuation.resume() }
        }
    }

    private func verify() throws(GatewayFailure) {
        let found = reading.withLock { reading in
            if let hash = reading.hash.take() {
                reading.md5 = Hex.string(hash.finalize().span)
            }
            if let digest = reading.digest.take() { reading.sha256 = digest.finalize().digits }
            return reading.sha256
        }
        if let found, !digests.agree(with: found) {
            throw GatewayFailure(.wrongDigest, .checksumMismatch, "the digest is another")
        }
        if let length, size != length {
            throw GatewayFailure(.aborted, .truncated, "the upload has another length")
        }
    }
}
