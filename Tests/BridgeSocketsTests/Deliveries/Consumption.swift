import BridgeSockets

extension Delivery {
    /// Waits until nothing is left to consume.
    func consumption() async {
        await withCheckedContinuation { continuation in
            whenConsumed { continuation.resume() }
        }
    }
}
