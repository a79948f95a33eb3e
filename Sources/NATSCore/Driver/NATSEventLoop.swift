internal import BridgeBytes
internal import BridgeSockets

/// Has a loop of your own do the work of NATS clients: no thread is made for them.
///
/// For programs that have a loop already, such as one over epoll, libuv, GLib or a dispatch
/// queue, and for those that want everything on one thread. Have the loop wait until `descriptor`
/// is readable, and then call `turn()`:
///
/// ```swift
/// let loop = try NATSEventLoop()
/// let source = DispatchSource.makeReadSource(fileDescriptor: loop.descriptor, queue: queue)
/// source.setEventHandler { loop.turn() }
/// source.activate()
/// var options = NATSClientOptions()
/// options.eventLoop = loop
/// let client = try await NATSClient.connect(options)
/// ```
///
/// Nothing else is needed: timers are part of the descriptor's readiness. One loop serves any
/// number of clients. While nobody gives turns, nothing is received and no time runs out; calls
/// that wait for the server wait on, `NATSClient.close()` among them.
///
/// Keep the loop for as long as its clients live. When it is released their connections end, and
/// the clients close with an error of the code `closed`.
public final class NATSEventLoop: Sendable {
    let driven: DrivenReactor

    /// - Throws: `NATSError` with the code `connectionFailed` when the system has no descriptors
    ///   left; a loop takes three.
    public init() throws(NATSError) {
        do throws(SocketError) {
            driven = try DrivenReactor()
        } catch {
            throw NATSError(
                .connectionFailed, stage: .connect, detail: error.description, underlying: error)
        }
    }

    /// Readable, as poll(2) and epoll(7) mean it, while there is something to do. Wait for it by
    /// level rather than by edge, and do not read from it; it is closed with the loop.
    public var descriptor: Int32 { driven.descriptor }

    /// Receives, writes and keeps time as far as that is possible now, and never waits. Tasks
    /// that prefer a client's `taskExecutor` run within it.
    ///
    /// It may be called from any thread and as often as one likes. While another thread is in it,
    /// or from within it, it does nothing.
    public func turn() { driven.turn() }
}
