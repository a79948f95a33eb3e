import BridgeBytes
import BridgeSockets
import Synchronization
import TestKit
import Testing

/// One thing to send: copied into the text, or left where it lies.
private enum Part: Sendable {
    case text(Bytes)
    case piece(Bytes)

    var bytes: Bytes {
        switch self {
        case .text(let bytes), .piece(let bytes): bytes
        }
    }
}

private func fill(_ buffer: inout SendBuffer, _ parts: [Part]) {
    for part in parts {
        switch part {
        case .text(let bytes): buffer.text.append(bytes)
        case .piece(let bytes): buffer.append(piece: bytes)
        }
    }
}

/// Sends a buffer with as many writes as the kernel wants, then says that nothing follows.
private final class SendingHandler: LinkHandler {
    private var buffer = SendBuffer(capacity: 16)

    init(_ parts: [Part]) { fill(&buffer, parts) }

    func opened(_ link: Link) { writable(link) }
    func readable(_ link: Link) { link.close() }

    func writable(_ link: Link) {
        while !buffer.isDone {
            guard case .moved = link.write(&buffer) else {
                link.wantsWrite = true
                return
            }
        }
        link.wantsWrite = false
        link.endWriting()
    }

    func closed(_ link: Link, error: SocketError?) {}
}

/// Collects what it reads until the end, and reports it.
private final class CollectingHandler: LinkHandler {
    private var buffer = ReceiveBuffer(chunk: 4096, limit: 1 << 20)
    private var got: [UInt8] = []
    private let report: @Sendable ([UInt8]) -> Void

    init(report: @escaping @Sendable ([UInt8]) -> Void) { self.report = report }

    func readable(_ link: Link) {
        guard case .moved = link.read(into: &buffer) else { return link.close() }
        got += Array(buffer.bytes(0..<buffer.count))
        buffer.consume(buffer.count)
    }

    func closed(_ link: Link, error: SocketError?) { report(got) }
}

@Suite struct SendBufferTests {
    private static func parts(_ generator: inout SeededGenerator) -> [Part] {
        (0..<Int.random(in: 1...200, using: &generator)).map { number in
            let isPiece = Bool.random(using: &generator)
            let count = Int.random(in: 0...(isPiece ? 90_000 : 300), using: &generator)
            let bytes = Bytes((0..<count).map { UInt8(truncatingIfNeeded: number &+ $0) })
            return isPiece ? .piece(bytes) : .text(bytes)
        }
    }

    @Test(arguments: 0..<6) func `text and pieces leave in their order, over many writes`(
        round: Int
    ) async throws {
        var generator = SeededGenerator("send buffer \(round)")
        let parts = Self.parts(&generator)
        let reactor = try Reactor(name: "test")
        let got: [UInt8] = try await within {
            let (received, continuation) = AsyncStream<[UInt8]>.makeStream()
            let listener = try Listener.start(on: reactor, host: "127.0.0.1", port: 0) { _ in
                CollectingHandler { continuation.yield($0) }
            }
            reactor.connect(to: listener.address) { _ in SendingHandler(parts) }
            defer { listener.stop() }
            return await received.first { _ in true } ?? []
        }
        let isEqual = got == parts.flatMap { Array($0.bytes) }
        #expect(isEqual, "\(generator)")
    }

    @Test func `counts are those of the stream`() {
        var buffer = SendBuffer(capacity: 4)
        fill(
            &buffer,
            [
                .text(Bytes(utf8: "ab")), .piece(Bytes(utf8: "cdef")), .piece([]),
                .text(Bytes(utf8: "g")),
            ])
        var (count, pieces) = (buffer.count, buffer.pieces.map(\.position))
        #expect(count == 7 && pieces == [2])
        buffer.advance(by: 7)
        let isDone = buffer.isDone
        #expect(isDone)
        var other = SendBuffer(capacity: 4)
        other.text.append("xyz")
        other.append(buffer)
        (count, pieces) = (other.count, other.pieces.map(\.position))
        let sent = other.sent
        #expect(count == 10 && pieces == [5] && sent == 0)
        buffer.removeAll()
        count = buffer.count
        #expect(count == 0)
    }
}
