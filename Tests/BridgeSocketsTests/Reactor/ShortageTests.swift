import BridgeBytes
import BridgeSockets
import Glibc
import Synchronization
import TestKit
import Testing

/// A system without memory for one more descriptor to watch.
@Suite(.patient) struct ShortageTests {
    /// Calls of which those registrations fail, counted from 0.
    private static func calls(failing numbers: Range<Int>) -> SystemCalls {
        let count = Counter()
        return SystemCalls { call, _ in
            guard call == .epollAdd else { return .made }
            return numbers.contains(count.next()) ? .refused(ENOMEM) : .made
        }
    }

    private final class Counter: Sendable {
        private let count = Atomic(0)
        func next() -> Int { count.add(1, ordering: .relaxed).oldValue }
    }

    /// Says whether it was opened before it was closed, and why it was.
    private final class Telling: LinkHandler {
        typealias Report = @Sendable (_ wasOpened: Bool, SocketError?) -> Void
        private let report: Report
        private var isOpened = false
        private var isClosed = false

        init(report: @escaping Report) { self.report = report }

        func opened(_ link: Link) {
            #expect(!isClosed, "a closed link was opened")
            isOpened = true
            link.close()
        }

        func readable(_ link: Link) {}

        func closed(_ link: Link, error: SocketError?) {
            isClosed = true
            report(isOpened, error)
        }
    }

    private static func connect(
        _ reactor: Reactor, _ address: Address
    ) async -> (wasOpened: Bool, error: SocketError?) {
        await withCheckedContinuation { continuation in
            reactor.connect(to: address) { _ in
                Telling { continuation.resume(returning: ($0, $1)) }
            }
        }
    }

    private final class Silent: LinkHandler {
        func readable(_ link: Link) { link.close() }
        func closed(_ link: Link, error: SocketError?) {}
    }

    @Test func `a reactor that cannot be woken is none`() {
        #expect(throws: SocketError("epoll_ctl", errno: ENOMEM)) {
            _ = try Reactor(name: "test", calls: Self.calls(failing: 0..<1))
        }
    }

    @Test func `a listener waits until it can be watched`() async throws {
        // Number 0 is the reactor's own; the listener fails three times.
        let reactor = try Reactor(name: "test", calls: Self.calls(failing: 1..<4))
        let other = try Reactor(name: "test-connects")
        let accepted = Mutex<CheckedContinuation<Void, Never>?>(nil)
        await withCheckedContinuation { continuation in
            accepted.withLock { $0 = continuation }
            do {
                let listener = try Listener.start(on: reactor, host: "127.0.0.1", port: 0) { _ in
                    accepted.withLock { $0.take() }?.resume()
                    return Silent()
                }
                // The kernel takes the connection before anybody watches.
                other.connect(to: listener.address) { _ in Telling { _, _ in } }
            } catch {
                Issue.record(error)
                continuation.resume()
            }
        }
    }

    @Test func `a connection that cannot be watched is closed and never opened`() async throws {
        let reactor = try Reactor(name: "test-listens")
        let listener = try Listener.start(on: reactor, host: "127.0.0.1", port: 0) { _ in
            Silent()
        }
        let failing = try Reactor(name: "test", calls: Self.calls(failing: 1..<2))
        let failed = await Self.connect(failing, listener.address)
        #expect(!failed.wasOpened && failed.error == SocketError("epoll_ctl", errno: ENOMEM))
        let next = await Self.connect(failing, listener.address)
        #expect(next.wasOpened && next.error == nil)
        listener.stop()
    }
}
