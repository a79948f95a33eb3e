internal import BridgeBytes
internal import Synchronization

/// The digest of a payload that is sent, taken right behind the socket: what the system has just
/// copied is still in a cache, and no third thread wants a processor meanwhile. What was not sent
/// when it is asked for is taken then.
final class SentDigest: Sendable {
    private struct State {
        var running: RunningChecksum
        /// Bytes from the start on that were taken.
        var count = 0
        /// Where they end: a piece, and bytes of it.
        var piece = 0
        var offset = 0
    }

    /// Bytes between two looks at cancellation.
    private static let step = 4 << 20

    private let segments: Segments
    private let state: Mutex<State>

    init(of segments: Segments, _ algorithm: ChecksumAlgorithm) {
        self.segments = segments
        state = Mutex(State(running: RunningChecksum(algorithm)))
    }

    /// So many bytes from the start on have been sent. Fewer than before are no news.
    func reached(_ count: Int) { state.withLock { take(count, &$0) } }

    /// The digest of all of it. A cancelled task gets another one, which nobody wants.
    @concurrent func checksum() async -> Checksum {
        var count = state.withLock { $0.count }
        while count < segments.byteCount, !Task.isCancelled {
            count = min(segments.byteCount, count + Self.step)
            reached(count)
        }
        return state.withLock { $0.running.finalize() }
    }

    private func take(_ count: Int, _ state: inout State) {
        while state.count < count, state.piece < segments.count {
            let piece = segments[state.piece]
            let size = min(piece.count - state.offset, count - state.count)
            if size > 0 {
                state.running.update(
                    piece.span.extracting(state.offset..<state.offset + size))
            }
            state.count += size
            state.offset += size
            if state.offset == piece.count { (state.piece, state.offset) = (state.piece + 1, 0) }
        }
    }
}
