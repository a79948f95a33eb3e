package import BridgeBytes
import Foundation
import Synchronization

/// A TCP server whose every connection follows a script on a thread of its own, with blocking
/// reads and writes: for peers that truncate, stall, lie or hang up at the chosen byte.
package final class ScriptedServer: Sendable {
    /// What a connection does; its number counts from 0 in order of arrival.
    package typealias Script = @Sendable (ScriptedConnection, Int) -> Void

    package let port: Int
    private let listener: Int32
    private let accepted = Mutex(0)

    /// Listens on a free port of 127.0.0.1.
    package init(_ script: @escaping Script) throws {
        let listener = try LoopbackSocket.make()
        port = try LoopbackSocket.bind(listener)
        guard listen(listener, 128) == 0 else { throw FixtureError("listen: errno \(errno)") }
        self.listener = listener
        let thread = Thread { [weak self] in Self.serve(listener, script) { self?.count() ?? 0 } }
        thread.start()
    }

    /// Number of connections so far.
    package var connectionCount: Int { accepted.withLock { $0 } }

    private func count() -> Int {
        accepted.withLock { count in
            defer { count += 1 }
            return count
        }
    }

    private static func serve(
        _ listener: Int32, _ script: @escaping Script, _ number: @Sendable () -> Int
    ) {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                close(listener)
                return
            }
            let connection = ScriptedConnection(descriptor)
            let index = number()
            let thread = Thread { script(connection, index) }
            thread.start()
        }
    }

    // Wakes the accepting thread, which then closes the descriptor.
    deinit { shutdown(listener, Int32(SHUT_RDWR)) }
}

/// One accepted connection. It is closed when the script lets go of it.
package final class ScriptedConnection: Sendable {
    private let descriptor: Int32
    private let unread = Mutex<[UInt8]>([])

    /// Takes over a connected descriptor.
    package init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// A connection to a port of a loopback address; nil when nobody listens there.
    package init?(connectingTo port: Int, host: String = "127.0.0.1") {
        guard let descriptor = try? LoopbackSocket.make() else { return nil }
        self.descriptor = descriptor
        guard LoopbackSocket.connect(descriptor, host: host, port: port) == 0 else { return nil }
    }

    /// Our own port of this connection.
    package var localPort: Int { LoopbackSocket.port(descriptor) }

    deinit { close(descriptor) }

    /// Reads up to the empty line: the head as text, or nil when the peer closed before its end.
    package func readHead() -> String? {
        unread.withLock { unread in
            let end = Array("\r\n\r\n".utf8)
            while true {
                if let range = unread.firstRange(of: end) {
                    let head = String(decoding: unread[..<range.upperBound], as: UTF8.self)
                    unread.removeSubrange(..<range.upperBound)
                    return head
                }
                guard let piece = receive() else { return nil }
                unread += piece
            }
        }
    }

    /// Reads so many bytes, or fewer when the peer closes.
    package func read(_ count: Int) -> [UInt8] {
        unread.withLock { unread in
            while unread.count < count, let piece = receive() { unread += piece }
            defer { unread.removeFirst(min(count, unread.count)) }
            return Array(unread.prefix(count))
        }
    }

    /// Reads up to the next line end, which is left out; nil when the peer closed before it.
    package func readLine() -> String? {
        var line: [UInt8] = []
        while let byte = read(1).first {
            line.append(byte)
            if line.suffix(2) == [0x0D, 0x0A] {
                return String(decoding: line.dropLast(2), as: UTF8.self)
            }
        }
        return nil
    }

    /// Reads a head and the body whose length it tells; nil at the end of the connection.
    /// - Parameter hasBody: False for the answer to HEAD, whose length is told but not sent.
    package func readRequest(hasBody: Bool = true) -> (head: String, body: [UInt8])? {
        guard let head = readHead() else { return nil }
        guard hasBody else { return (head, []) }
        let length = head.lowercased().split(separator: "\r\n").compactMap { line in
            line.hasPrefix("content-length:") ? Int(line.dropFirst(15).drop { $0 == " " }) : nil
        }
        return (head, read(length.first ?? 0))
    }

    /// Reads until the peer closes.
    package func readToEnd() { while receive() != nil {} }

    private func receive() -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = LoopbackSocket.receive(descriptor, &chunk)
        return count > 0 ? Array(chunk[..<count]) : nil
    }

    /// Sends bytes; false when the peer is gone.
    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = LoopbackSocket.send(descriptor, bytes[sent...])
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    package func send(_ bytes: Bytes) -> Bool { send(Array(bytes)) }

    /// Says that nothing more will be sent; the peer can still send.
    package func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Makes closing reset the connection instead of ending it in order.
    package func resetOnClose() { LoopbackSocket.resetOnClose(descriptor) }
}
