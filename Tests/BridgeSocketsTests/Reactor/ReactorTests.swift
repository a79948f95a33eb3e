import BridgeBytes
import BridgeSockets
import Synchronization
import Testing

/// Sends back what it reads; when the socket is full it waits for room and stops reading.
private final class EchoHandler: LinkHandler {
    private var buffer = ReceiveBuffer(chunk: 4096, limit: 1 << 20)

    func readable(_ link: Link) {
        switch link.read(into: &buffer) {
        case .moved: writable(link)
        case .wouldBlock: break
        case .ended: link.close()
        case .failed(let error): link.close(error: error)
        }
    }

    func writable(_ link: Link) {
        while buffer.count > 0 {
            switch link.write(buffer.span) {
            case .moved(let count): buffer.consume(count)
            case .wouldBlock:
                link.wantsWrite = true
                link.wantsRead = false
                return
            case .ended, .failed:
                link.close()
                return
            }
        }
        link.wantsWrite = false
        link.wantsRead = true
    }

    func closed(_ link: Link, error: SocketError?) {}
}

/// Writes a message when the connection stands, collects what comes back, and reports it.
private final class CollectingHandler: LinkHandler {
    typealias Report = @Sendable (Result<[UInt8], SocketError>) -> Void
    private var buffer = ReceiveBuffer(chunk: 4096, limit: 8 << 20)
    private let message: Bytes
    private var sent = 0
    private var got: [UInt8] = []
    private var report: Report?

    init(message: Bytes, report: @escaping Report) {
        self.message = message
        self.report = report
    }

    func opened(_ link: Link) { writable(link) }

    func writable(_ link: Link) {
        while sent < message.count {
            guard case .moved(let count) = link.write([message], skip: sent) else {
                link.wantsWrite = true
                return
            }
            sent += count
        }
        link.wantsWrite = false
    }

    func readable(_ link: Link) {
        guard case .moved = link.read(into: &buffer) else {
            link.close()
            return
        }
        got += Array(buffer.bytes(0..<buffer.count))
        buffer.consume(buffer.count)
        if got.count >= message.count { link.close() }
    }

    func deadlineReached(_ link: Link, now: Duration) {
        link.close(error: SocketError("wait", errno: Errno.timedOut))
    }

    func closed(_ link: Link, error: SocketError?) {
        report?(error.map { .failure($0) } ?? .success(got))
        report = nil
    }
}

@Suite struct ReactorTests {
    private static func exchange(
        _ message: Bytes, with address: Address, on reactor: Reactor
    ) async -> Result<[UInt8], SocketError> {
        await withCheckedContinuation { continuation in
            reactor.connect(to: address) { _ in
                CollectingHandler(message: message) { continuation.resume(returning: $0) }
            }
        }
    }

    @Test func `a connection carries bytes both ways, more than the kernel holds`() async throws {
        let reactor = try Reactor(name: "test")
        let listener = try Listener.start(on: reactor, host: "127.0.0.1", port: 0) { _ in
            EchoHandler()
        }
        #expect(listener.address.port > 0)
        let message = Bytes((0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
        let back = await Self.exchange(message, with: listener.address, on: reactor)
        #expect(try back.get() == Array(message))
        listener.stop()
    }

    @Test func `many connections share one thread`() async throws {
        let reactor = try Reactor(name: "test")
        let listener = try Listener.start(on: reactor, host: "127.0.0.1", port: 0) { _ in
            EchoHandler()
        }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let message = Bytes(utf8: String(repeating: "\(number),", count: 500))
                    let back = await Self.exchange(message, with: listener.address, on: reactor)
                    return try back.get() == Array(message)
                }
            }
            for try await isEqual in group { #expect(isEqual) }
        }
    }

    @Test func `a refused connection is told with the system's reason`() async throws {
        let reactor = try Reactor(name: "test")
        let listener = try Listener.start(on: reactor, host: "127.0.0.1", port: 0) { _ in
            EchoHandler()
        }
        let address = listener.address
        listener.stop()
        // The command queue keeps its order, so the listener is gone before the connection.
        let result = await Self.exchange([1], with: address, on: reactor)
        guard case .failure(let error) = result else {
            Issue.record("a closed port answered")
            return
        }
        #expect(error.operation == "connect" && error.errno == Errno.connectionRefused)
    }

    @Test func `a deadline is told, and a link that is gone is never reached`() async throws {
        let reactor = try Reactor(name: "test")
        let listener = try Listener.start(on: reactor, host: "127.0.0.1", port: 0) { _ in
            EchoHandler()
        }
        let handle = Mutex<HandlerHandle<CollectingHandler>?>(nil)
        let result = await withCheckedContinuation { continuation in
            reactor.connect(to: listener.address) { link in
                link.deadline = MonotonicClock.now + .milliseconds(1)
                handle.withLock { $0 = link.handle(for: CollectingHandler.self) }
                return CollectingHandler(message: []) { continuation.resume(returning: $0) }
            }
        }
        #expect(throws: SocketError.self) { try result.get() }
        let stale = try #require(handle.withLock { $0 })
        stale.perform { _, _ in Issue.record("a closed link was reached") }
        let after = await Self.exchange([7, 8], with: listener.address, on: reactor)
        #expect(try after.get() == [7, 8])
    }

    @Test func `stopping closes every link`() async throws {
        let reactor = try Reactor(name: "test")
        let other = try Reactor(name: "test-server")
        let listener = try Listener.start(on: other, host: "127.0.0.1", port: 0) { _ in
            EchoHandler()
        }
        let message = Bytes([UInt8](repeating: 1, count: 10))
        let result = await withCheckedContinuation { continuation in
            reactor.connect(to: listener.address) { link in
                let handler = CollectingHandler(message: message) {
                    continuation.resume(returning: $0)
                }
                reactor.stop()
                return handler
            }
        }
        // Either the answer was quicker or the link was closed with the reason.
        if case .failure(let error) = result { #expect(error.errno == Errno.canceled) }
    }
}

@Suite struct AddressTests {
    @Test(arguments: [("127.0.0.1", "127.0.0.1:80"), ("::1", "[::1]:80")])
    func `numeric hosts need no resolver`(_ host: String, _ text: String) throws {
        let address = try #require(Address(numericHost: host, port: 80))
        #expect(address.description == text && address.port == 80)
    }

    @Test func `names and bad ports are not numeric`() {
        #expect(Address(numericHost: "localhost", port: 80) == nil)
        #expect(Address(numericHost: "127.0.0.1", port: 70_000) == nil)
    }

    @Test func `the resolver finds this machine, and says what it cannot find`() async throws {
        let found = try await Resolver.addresses(host: "localhost", port: 4222)
        #expect(!found.isEmpty && found.allSatisfy { $0.port == 4222 })
        await #expect(throws: SocketError.self) {
            try await Resolver.addresses(host: "no-such-host.invalid", port: 1)
        }
    }
}

@Suite struct BlockingPoolTests {
    @Test func `blocking work runs elsewhere and comes back`() async {
        let pool = BlockingPool(threadLimit: 2)
        let sum = await withTaskGroup(of: Int.self) { group in
            for number in 0..<100 { group.addTask { await pool.run { number } } }
            return await group.reduce(0, +)
        }
        #expect(sum == 4950)
    }
}
