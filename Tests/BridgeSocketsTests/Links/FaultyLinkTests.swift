import BridgeBytes
import BridgeSockets
import Synchronization
import TestKit
import Testing

/// Sends a stream in pieces of all forms that a link takes, ends it, and waits for the peer's end.
private final class SendingHandler: LinkHandler {
    typealias Report = @Sendable (SocketError?) -> Void
    private let content: Bytes
    private let form: Int
    private let report: Report
    private var buffer = SendBuffer(capacity: 64)
    private var queue = WriteQueue()
    private var sent = 0
    private var received = ReceiveBuffer(chunk: 16, limit: 64)

    init(_ content: Bytes, form: Int, report: @escaping Report) {
        self.content = content
        self.form = form
        self.report = report
        var generator = SeededGenerator(seed: UInt64(content.count))
        var start = 0
        while start < content.count {
            let size = min(
                content.count - start, Int.random(in: 1...20_000, using: &generator))
            let piece = content[start..<start + size]
            if Bool.random(using: &generator) {
                buffer.text.append(piece.span)
            } else {
                buffer.append(piece: piece)
            }
            queue.append(piece)
            start += size
        }
    }

    func opened(_ link: Link) { writable(link) }

    private var isDone: Bool {
        switch form {
        case 0: buffer.isDone
        case 1: queue.isEmpty
        default: sent == content.count
        }
    }

    private func write(_ link: Link) -> Transfer {
        switch form {
        case 0: return link.write(&buffer)
        case 1: return queue.write(to: link)
        default:
            let rest = content[sent..<content.count]
            let transfer = link.write(rest.span)
            if case .moved(let count) = transfer { sent += count }
            return transfer
        }
    }

    func writable(_ link: Link) {
        while !isDone {
            switch write(link) {
            case .moved: continue
            case .wouldBlock:
                link.wantsWrite = true
                return
            case .ended: return link.close()
            case .failed(let error): return link.close(error: error)
            }
        }
        link.wantsWrite = false
        if !link.isClosed { link.endWriting() }
    }

    func readable(_ link: Link) {
        switch link.read(into: &received) {
        case .moved, .wouldBlock: break
        case .ended: link.close()
        case .failed(let error): link.close(error: error)
        }
    }

    func closed(_ link: Link, error: SocketError?) { report(error) }
}

/// Keeps what comes until the end of the stream.
private final class KeepingHandler: LinkHandler {
    typealias Report = @Sendable ([UInt8], SocketError?) -> Void
    private var buffer = ReceiveBuffer(chunk: 8192, limit: 1 << 20)
    private var kept: [UInt8] = []
    private let report: Report

    init(report: @escaping Report) { self.report = report }

    func readable(_ link: Link) {
        switch link.read(into: &buffer) {
        case .moved(let count):
            kept += Array(buffer.bytes(0..<count))
            buffer.consume(count)
        case .wouldBlock: break
        case .ended: link.close()
        case .failed(let error): link.close(error: error)
        }
    }

    func closed(_ link: Link, error: SocketError?) { report(kept, error) }
}

/// A connection between two reactors whose system calls fail.
///
/// The promise: what arrives is what was sent, from its first byte on. If neither side is told of
/// an error, it is all of it; otherwise the error names the call and the system's reason. The
/// reactor serves the next connection either way.
@Suite(.patient) struct FaultyLinkTests {
    private struct Ending: Sendable {
        /// What each side was told; nil for a side that has not ended.
        var sender: SocketError??
        var receiver: (bytes: [UInt8], error: SocketError?)?
    }

    /// What both sides say of one connection.
    private final class Book: Sendable {
        private let state: Mutex<(ending: Ending, waiter: CheckedContinuation<Ending, Never>?)>

        init(_ continuation: CheckedContinuation<Ending, Never>) {
            state = Mutex((Ending(), continuation))
        }

        /// Notes something; the second side's word ends the wait, or the first one's when it
        /// failed before there was a second.
        func note(_ change: (inout Ending) -> Bool) {
            let (waiter, ending) = state.withLock { state in
                (change(&state.ending) ? state.waiter.take() : nil, state.ending)
            }
            waiter?.resume(returning: ending)
        }
    }

    private static func exchange(
        _ content: Bytes, form: Int, _ listening: Reactor, _ connecting: Reactor,
        whenListening: () -> Void
    ) async throws -> Ending {
        let accepted = Mutex<Book?>(nil)
        let listener = try Listener.start(on: listening, host: "127.0.0.1", port: 0) { _ in
            KeepingHandler { bytes, error in
                accepted.withLock { $0 }?.note {
                    $0.receiver = (bytes, error)
                    return $0.sender != nil
                }
            }
        }
        // The listener's own registration is behind this answer.
        await withCheckedContinuation { continuation in
            listening.reside { link in
                link.close()
                continuation.resume()
                return Resident()
            } orElse: {
            }
        }
        whenListening()
        let ending = await withCheckedContinuation { continuation in
            let book = Book(continuation)
            accepted.withLock { $0 = book }
            connecting.connect(to: listener.address) { _ in
                SendingHandler(content, form: form) { error in
                    book.note {
                        $0.sender = .some(error)
                        // Where there was no connection, nobody is accepted.
                        let wasNone = ["connect", "socket", "epoll_ctl"].contains(
                            error?.operation ?? "")
                        return $0.receiver != nil || wasNone
                    }
                }
            }
        }
        listener.stop()
        return ending
    }

    private final class Resident: LinkHandler {
        func readable(_ link: Link) {}
        func closed(_ link: Link, error: SocketError?) {}
    }

    @Test(arguments: 0..<150)
    func `what arrives is what was sent, or somebody is told`(run: Int) async throws {
        var generator = SeededGenerator("faulty links \(run)")
        let faults = FaultySystemCalls(using: &generator)
        let content = Bytes(generator.bytes(Int.random(in: 0...300_000, using: &generator)))
        let form = Int.random(in: 0...2, using: &generator)
        let (one, other) = (
            try Reactor(name: "test-listens", calls: faults.calls),
            try Reactor(name: "test-connects", calls: faults.calls)
        )
        try await within("run \(run) with \(faults.kinds)") {
            let ending = try await Self.exchange(content, form: form, one, other) { faults.arm() }
            faults.disarm()
            let place: Comment = "run \(run), form \(form), met \(faults.met)"
            let errors = [ending.sender ?? nil, ending.receiver?.error].compactMap { $0 }
            if errors.isEmpty {
                #expect(ending.receiver?.bytes == Array(content), place)
            } else {
                #expect(errors.allSatisfy { $0.errno != 0 && !$0.operation.isEmpty }, place)
                let bytes = ending.receiver?.bytes ?? []
                #expect(bytes == Array(content.prefix(bytes.count)), place)
            }
            #expect(
                errors.isEmpty || !faults.wasHarmless,
                "a harmless fault ended a connection; \(place)")
            // Both reactors go on.
            let next = try await Self.exchange(content, form: form, one, other) {}
            #expect(next.sender == .some(nil) && next.receiver?.bytes == Array(content), place)
        }
    }
}
