import Foundation
import Synchronization

/// The lines that a child process writes, collected by a thread of its own, so that the child
/// never blocks on a full pipe and that waiting for a line needs no polling.
package final class LineLog: Sendable {
    private struct State {
        var lines: [String] = []
        var ended = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())

    /// Starts a thread that reads the descriptor to its end.
    init(reading handle: FileHandle) {
        let descriptor = fcntl(handle.fileDescriptor, F_DUPFD_CLOEXEC, 0)
        let thread = Thread { [self] in
            collect(descriptor)
            close(descriptor)
        }
        thread.start()
    }

    private func collect(_ descriptor: Int32) {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var rest: [UInt8] = []
        while true {
            // Sound: the call writes at most the buffer's own count into it.
            let count = unsafe chunk.withUnsafeMutableBytes {
                unsafe read(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            var start = 0
            var complete: [String] = []
            while let end = chunk[start..<count].firstIndex(of: UInt8(ascii: "\n")) {
                rest += chunk[start..<end]
                complete.append(String(decoding: rest, as: UTF8.self))
                rest.removeAll()
                start = end + 1
            }
            rest += chunk[start..<count]
            if !complete.isEmpty { update { $0.lines += complete } }
        }
        let last = String(decoding: rest, as: UTF8.self)
        update {
            if !last.isEmpty { $0.lines.append(last) }
            $0.ended = true
        }
    }

    private func update(_ change: (inout State) -> Void) {
        let woken = state.withLock { state in
            change(&state)
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in woken { waiter.resume() }
    }

    /// All lines so far.
    package var lines: [String] { state.withLock { $0.lines } }

    /// Whether the child's output has ended, and with it the child.
    package var hasEnded: Bool { state.withLock { $0.ended } }

    /// Waits for the first line, from number `start` on, that the check accepts.
    /// - Returns: the line's number and text; nil when the child's output ended before it.
    /// - Throws: `TimeIsUp` after the limit.
    package func first(
        from start: Int = 0, limit: Duration = patience,
        where accepts: @escaping @Sendable (String) -> Bool
    ) async throws -> (number: Int, text: String)? {
        try await within("waiting for a line of a child process", limit: limit) { [self] in
            var position = start
            while true {
                let (lines, ended) = state.withLock { ($0.lines, $0.ended) }
                while position < lines.count {
                    if accepts(lines[position]) { return (position, lines[position]) }
                    position += 1
                }
                if ended { return nil }
                await change(after: lines.count)
                try Task.checkCancellation()
            }
        }
    }

    /// Waits until there are more lines than `count`, the output ends or the task is cancelled.
    private func change(after count: Int) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = state.withLock { state in
                    if state.lines.count > count || state.ended || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if now { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
