import Foundation

/// A port of 127.0.0.1 where connecting begins and never ends: the kernel drops what asks for a
/// connection while the queue of those that nobody accepts is full.
package final class DeafListener: Sendable {
    package let port: Int
    private let descriptors: [Int32]

    /// Listens with the shortest queue and fills it.
    package init() throws {
        let listener = try LoopbackSocket.make()
        port = try LoopbackSocket.bind(listener)
        guard listen(listener, 0) == 0 else { throw FixtureError("listen: errno \(errno)") }
        // A queue of length 0 holds one; the others only make sure.
        var descriptors = [listener]
        for _ in 0..<4 {
            let filler = try LoopbackSocket.make(nonblocking: true)
            _ = LoopbackSocket.connect(filler, port: port)
            descriptors.append(filler)
        }
        self.descriptors = descriptors
    }

    deinit { for descriptor in descriptors { close(descriptor) } }
}
