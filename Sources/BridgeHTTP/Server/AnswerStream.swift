package import BridgeBytes
internal import Synchronization

/// The body of an answer that is made while it is sent.
///
/// ## Theory of operation
/// The source is a function that hands over piece after piece. It begins when the connection has
/// taken the answer, so it never begins for HEAD, and runs in a task of its own. `send` returns
/// when less than `window` bytes wait; the connection takes pieces as its socket takes bytes, and
/// asks to be called when there is nothing to take.
///
/// ```
/// waiting -> running -> finished (the source returned) -> whole, when all of it is written
///                |  `-> failed (the source threw)      -> cut
///                `----> cut: the connection ended first; the source's task is cancelled
/// ```
/// Whatever the source gives, nobody takes a short body for a whole one: less than the length that
/// was told, more than it, or an error ends the connection without the end of the body.
package final class AnswerStream: Sendable {
    /// Most bytes that wait for the connection, beyond one piece: 1 MiB.
    package static let window = 1 << 20

    /// The connection has ended, or wants no more.
    package struct Cut: Error, Hashable {}

    package typealias Source = @Sendable (AnswerStream) async throws -> Void

    enum Taken {
        case piece(Bytes)
        /// Nothing now; the waker will be called.
        case nothing
        case finished
        case failed
    }

    private enum Phase { case waiting, running, finished, failed, whole, cut }

    private struct State {
        var phase = Phase.waiting
        var pieces = Fifo<Bytes>()
        var count = 0
        /// The source, while it waits for room.
        var sender: CheckedContinuation<Void, Never>?
        var waker: (@Sendable () -> Void)?
        /// Whether the connection has found nothing and was not called since.
        var isAwaited = false
        var task: Task<Void, Never>?
    }

    /// Bytes of the whole body; nil: it goes in chunks.
    package let size: Int?
    private let source: Source
    private let whenOver: (@Sendable (_ isWhole: Bool) -> Void)?
    private let state = Mutex<State>(State())

    /// - Parameters:
    ///   - size: How many bytes the source gives; nil when nobody knows.
    ///   - whenOver: Told once, on any thread, whether all of the body was written. Never told of a
    ///     body that nobody asked for.
    package init(
        size: Int?, source: @escaping Source,
        whenOver: (@Sendable (_ isWhole: Bool) -> Void)? = nil
    ) {
        self.size = size
        self.source = source
        self.whenOver = whenOver
    }

    /// Hands a piece over, and returns when there is room for another.
    ///
    /// Cancelling the task ends the wait.
    /// - Throws: `Cut` when the connection has ended, or the task is cancelled.
    package func send(_ piece: Bytes) async throws(Cut) {
        let waker = state.withLock { state -> (@Sendable () -> Void)? in
            guard state.phase == .running, !piece.isEmpty else { return nil }
            state.pieces.append(piece)
            state.count += piece.count
            return Self.call(&state)
        }
        waker?()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    let mustWait =
                        state.phase == .running && state.count >= Self.window && !Task.isCancelled
                    precondition(state.sender == nil, "one task sends at a time")
                    if mustWait { state.sender = continuation }
                    return !mustWait
                }
                if isOpen { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.sender.take() }?.resume()
        }
        guard !Task.isCancelled, state.withLock({ $0.phase == .running }) else { throw Cut() }
    }

    private static func call(_ state: inout State) -> (@Sendable () -> Void)? {
        guard state.isAwaited else { return nil }
        state.isAwaited = false
        return state.waker
    }
}

/// What the connection does.
extension AnswerStream {
    /// Begins the source.
    /// - Parameter waker: Called on any thread when there is something after `take` found nothing.
    func start(_ waker: @escaping @Sendable () -> Void) {
        let isFirst = state.withLock { state in
            guard state.phase == .waiting else { return false }
            state.phase = .running
            state.waker = waker
            return true
        }
        precondition(isFirst, "a body is sent once")
        let task = Task { [self] in
            let isDone: Bool
            do {
                try await source(self)
                isDone = true
            } catch {
                isDone = false
            }
            sourceEnded(isDone)
        }
        let isOver = state.withLock { state in
            // It may have ended already.
            if state.phase == .running { state.task = task }
            return state.phase == .cut
        }
        if isOver { task.cancel() }
    }

    private func sourceEnded(_ isDone: Bool) {
        let waker = state.withLock { state -> (@Sendable () -> Void)? in
            state.task = nil
            guard state.phase == .running else { return nil }
            state.phase = isDone ? .finished : .failed
            return Self.call(&state)
        }
        waker?()
    }

    /// What goes out next. What came before a failure goes out before it is told.
    func take() -> Taken {
        let (taken, sender) = state.withLock {
            state -> (Taken, CheckedContinuation<Void, Never>?) in
            if let piece = state.pieces.popFirst() {
                state.count -= piece.count
                return (.piece(piece), state.count < Self.window ? state.sender.take() : nil)
            }
            switch state.phase {
            case .waiting, .running:
                state.isAwaited = true
                return (.nothing, nil)
            case .finished, .whole: return (.finished, nil)
            case .failed, .cut: return (.failed, nil)
            }
        }
        sender?.resume()
        return taken
    }

    /// The connection is done with it. Only the first call counts.
    func end(isWhole: Bool) {
        let (wasOpen, sender, task) = state.withLock {
            state -> (Bool, CheckedContinuation<Void, Never>?, Task<Void, Never>?) in
            guard state.phase != .whole, state.phase != .cut else { return (false, nil, nil) }
            state.phase = isWhole ? .whole : .cut
            state.pieces.removeAll()
            state.count = 0
            state.waker = nil
            return (true, state.sender.take(), state.task.take())
        }
        task?.cancel()
        sender?.resume()
        if wasOpen { whenOver?(isWhole) }
    }
}
