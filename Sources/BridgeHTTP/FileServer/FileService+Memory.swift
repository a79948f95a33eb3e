internal import BridgeBytes
internal import BridgeSockets

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
            guard let self else { return }
            blocking.submit { [self] in
                do throws(StoreError) { try store.pay(key, generation) } catch {
                    tellUnwritten(key, error)
                    pay(key, generation, after: Self.retryDelay)
                }
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
