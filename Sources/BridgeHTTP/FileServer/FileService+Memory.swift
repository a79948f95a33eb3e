internal import BridgeBytes
internal import BridgeSockets
internal import Synchronization

/// Answers before the disk: what is in memory is written a little later.
extension FileService {
    /// How long after its upload an object is written, so that its receivers go first.
    private static let writeDelay = Duration.seconds(1)
    /// How long after a failure it is tried again.
    private static let retryDelay = Duration.seconds(10)

    /// Where an upload comes into, where it is to be answered from memory.
    func memory(for request: ServerRequest) -> UploadMemory? {
        request.contentLength.flatMap { store.memory?.region($0) }
    }

    /// Has an object written that is in memory alone.
    func owe(_ key: ObjectKey, _ generation: String) {
        guard store.memory?.debt(key, generation) != nil else { return }
        pay(key, generation, after: Self.writeDelay)
    }

    private func pay(_ key: ObjectKey, _ generation: String, after delay: Duration) {
        _ = Deadlines.shared.add(at: .now + delay) { [weak self] in
            guard let self, debts.add(key, generation) else { return }
            blocking.submit { [self] in payDue() }
        }
    }

    /// Writes what is due, one after the other, so that a slow disk holds up one thread alone.
    private func payDue() {
        while let (key, generation) = debts.next() {
            do throws(StoreError) { try store.pay(key, generation) } catch {
                tellUnwritten(key, error)
                pay(key, generation, after: Self.retryDelay)
            }
        }
    }

    /// Writes what is still owed, at the end. Blocks.
    func payAll() {
        for (key, error) in store.payAll() { tellUnwritten(key, error) }
    }

    private func tellUnwritten(_ key: ObjectKey, _ error: StoreError) {
        counts.count(\.failedWrites)
        tell(
            key, "a stored file is in memory alone, and could not be written to the disk: \(error)")
    }

    /// Looks for a file whose data never reached the disk, and leaves a note in its place. Blocks.
    func buryLost(_ key: ObjectKey) {
        guard let object = store.lost(key, now: now), store.noteLoss(of: object) else { return }
        tellDamage(key, "the server ended before its data was written")
    }
}

/// Objects that are due to be written, and whether somebody writes them.
final class DueDebts: Sendable {
    private struct State {
        var queue = Fifo<(key: ObjectKey, generation: String)>()
        var isPaying = false
    }

    private let state = Mutex(State())

    /// - Returns: Whether the caller has to have them written.
    func add(_ key: ObjectKey, _ generation: String) -> Bool {
        state.withLock { state in
            state.queue.append((key, generation))
            defer { state.isPaying = true }
            return !state.isPaying
        }
    }

    /// The next to write; nil: whoever writes has nothing more to do.
    func next() -> (key: ObjectKey, generation: String)? {
        state.withLock { state in
            let next = state.queue.popFirst()
            state.isPaying = next != nil
            return next
        }
    }
}
