import BridgeBytes
import BridgeSockets
import Synchronization
import TestKit
import Testing

/// Sends back what it reads, through a transform.
private final class ChangedEcho: LinkHandler {
    private var buffer = ReceiveBuffer(chunk: 4096, limit: 1 << 20)
    private let transform: any ByteTransform

    init(_ transform: any ByteTransform) { self.transform = transform }

    func opened(_ link: Link) { link.begin(transform) }

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

/// Writes a message when its transform is open, collects what comes back, and reports it.
private final class ChangedCaller: LinkHandler {
    typealias Report = @Sendable (Result<[UInt8], SocketError>) -> Void
    private var buffer = ReceiveBuffer(chunk: 4096, limit: 8 << 20)
    private var message = SendBuffer(capacity: 64)
    private let count: Int
    private let transform: any ByteTransform
    private let patience: Duration?
    private var got: [UInt8] = []
    private var report: Report?

    init(
        _ transform: any ByteTransform, message: Bytes, patience: Duration? = nil,
        report: @escaping Report
    ) {
        self.transform = transform
        self.patience = patience
        self.report = report
        count = message.count
        // Some of it as text, some of it where it lies.
        let third = message.count / 3
        self.message.text.append(message[0..<third])
        self.message.append(piece: message[third..<2 * third])
        self.message.text.append(message[2 * third..<message.count])
    }

    func opened(_ link: Link) {
        link.begin(transform, until: patience.map { MonotonicClock.now + $0 })
        #expect(link.write([1, 2].span) == .wouldBlock, "nothing passes before it is open")
    }

    func transformed(_ link: Link) { writable(link) }

    func writable(_ link: Link) {
        while !message.isDone {
            guard case .moved = link.write(&message) else {
                link.wantsWrite = true
                return
            }
        }
        link.wantsWrite = false
    }

    func readable(_ link: Link) {
        switch link.read(into: &buffer) {
        case .moved: break
        case .wouldBlock: return
        case .ended: return link.close()
        case .failed(let error): return link.close(error: error)
        }
        got += Array(buffer.bytes(0..<buffer.count))
        buffer.consume(buffer.count)
        if got.count >= count { link.close() }
    }

    func closed(_ link: Link, error: SocketError?) {
        report?(error.map { .failure($0) } ?? .success(got))
        report = nil
    }
}

/// Accepts, and says nothing.
private final class SilentHandler: LinkHandler {
    func readable(_ link: Link) { link.wantsRead = false }
    func closed(_ link: Link, error: SocketError?) {}
}

@Suite struct LinkTransformTests {
    private static func exchange(
        _ message: Bytes, patience: Duration? = nil,
        client: @escaping @Sendable () -> any ByteTransform,
        server: @escaping @Sendable () -> any ByteTransform
    ) async throws -> Result<[UInt8], SocketError> {
        let reactor = try Reactor(name: "test")
        let listener = try Listener.start(on: reactor, host: "127.0.0.1", port: 0) { _ in
            ChangedEcho(server())
        }
        defer { listener.stop() }
        return await withCheckedContinuation { continuation in
            reactor.connect(to: listener.address) { _ in
                ChangedCaller(client(), message: message, patience: patience) {
                    continuation.resume(returning: $0)
                }
            }
        }
    }

    private static func message(_ count: Int) -> Bytes {
        Bytes((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
    }

    @Test(arguments: [3, 4096, 300_000])
    func `bytes pass through a transform both ways as through a plain link`(count: Int)
        async throws
    {
        let message = Self.message(count)
        let back = try await Self.exchange(message) {
            XORTransform(5)
        } server: {
            XORTransform(5)
        }
        #expect(try back.get() == Array(message))
    }

    @Test(arguments: [3, 4096, 300_000])
    func `bytes pass through two transforms, one over the other`(count: Int) async throws {
        let message = Self.message(count)
        @Sendable func stacked() -> StackedTransform {
            StackedTransform(
                XORTransform(5, unit: 700), over: XORTransform(9, greeting: 33, unit: 1000))
        }
        let back = try await Self.exchange(message) {
            stacked()
        } server: {
            stacked()
        }
        #expect(try back.get() == Array(message))
        // One alone does not understand the two.
        let other = try await Self.exchange(message) {
            XORTransform(9, greeting: 33)
        } server: {
            XORTransform(5)
        }
        guard case .failure = other else {
            Issue.record("the wrong transform was understood")
            return
        }
    }

    @Test func `a transform that fails ends the link with its reason`() async throws {
        let back = try await Self.exchange(Self.message(10)) {
            XORTransform(5)
        } server: {
            XORTransform(6)
        }
        guard case .failure(let error) = back else {
            Issue.record("the wrong greeting was taken")
            return
        }
        #expect(error.code == .refused)
        #expect(error.underlying is XORTransform.Refused)
        #expect(error.description.contains("the wrong greeting"))
    }

    @Test func `an opening that takes too long is given up`() async throws {
        let reactor = try Reactor(name: "test")
        let silent = try Listener.start(on: reactor, host: "127.0.0.1", port: 0) { _ in
            SilentHandler()
        }
        defer { silent.stop() }
        let back = await withCheckedContinuation { continuation in
            reactor.connect(to: silent.address) { _ in
                ChangedCaller(
                    XORTransform(5), message: Self.message(9), patience: .milliseconds(20)
                ) { continuation.resume(returning: $0) }
            }
        }
        guard case .failure(let error) = back else {
            Issue.record("a silent peer was taken for open")
            return
        }
        #expect(error.code == .timeout)
    }
}
