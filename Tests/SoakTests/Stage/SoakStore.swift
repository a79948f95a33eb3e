import BridgeBytes
import BridgeJSON
import Foundation
import Synchronization
import TestKit

/// The file server as a process of its own, which can be killed, behind a proxy for each side.
///
/// Links name the receivers' proxy, so that uploads and downloads meet their faults apart.
final class SoakStore: Sendable {
    let senders: FaultProxy
    let receivers: FaultProxy
    private let folder: TemporaryDirectory
    private let process = Mutex<ChildProcess?>(nil)
    private let current = Mutex(1)
    private let peak = Mutex(0)
    private let lost = Mutex<Set<String>>([])

    /// What it is by TLS; nil: it speaks plainly.
    let tls: SoakTLS?

    private init(_ tls: SoakTLS?) throws {
        self.tls = tls
        folder = try TemporaryDirectory()
        // Nobody listens at port 1; the server's own port is told when it has one.
        senders = try FaultProxy(to: 1)
        receivers = try FaultProxy(to: 1)
    }

    static func start(_ tls: SoakTLS?) async throws -> SoakStore {
        let store = try SoakStore(tls)
        try await store.start()
        return store
    }

    func proxy(_ side: SoakFault.Side) -> FaultProxy { side == .senders ? senders : receivers }

    private var origin: String { tls == nil ? "http://127.0.0.1" : "https://127.0.0.1" }

    /// `http://127.0.0.1:port` of a side's proxy, or the same with `https`.
    func url(_ side: SoakFault.Side) -> String { "\(origin):\(proxy(side).port)" }

    /// The server's own address, which only witnesses know.
    var directURL: String { "\(origin):\(port)" }
    /// The server's own port.
    var port: Int { current.withLock { $0 } }
    var directory: String { folder.file("store") }
    /// The objects that it was told to lose.
    var lostObjects: Set<String> { lost.withLock { $0 } }

    /// Starts the server, for the first time or again on what it holds.
    func start() async throws {
        let started = try await SoakProgram.start(
            [
                "serve", "--directory", directory, "--port", "0", "--public-url", url(.receivers),
                "--json",
            ] + (tls?.serveArguments ?? []))
        let line = try await started.log.first { $0.hasPrefix("{") }
        let value = try line.map { try JSONValue(parsing: Bytes(utf8: $0.text)) }
        guard let port = value?["port"]?.intValue else {
            throw FixtureError("the store did not start: \(started.log.lines)")
        }
        process.withLock { $0 = started }
        current.withLock { $0 = port }
        for side in SoakFault.Side.allCases { proxy(side).retarget(to: port) }
    }

    /// Ends the server without a chance to say anything.
    func kill() async throws { try await take()?.kill() }

    func stop() async throws { try await take()?.stop() }

    /// The most memory in kilobytes that any of the servers had.
    var residentPeak: Int {
        let now = process.withLock { $0?.processID }.map(SoakProgram.residentPeak) ?? 0
        return peak.withLock { peak in
            peak = max(peak, now)
            return peak
        }
    }

    private func take() -> ChildProcess? {
        _ = residentPeak
        return process.withLock { process in
            defer { process = nil }
            return process
        }
    }

    /// Makes the store lose so many of its objects, drawn by a number.
    func loseObjects(_ count: Int, drawnBy number: Int) throws {
        let objects = TestFile.names(in: directory + "/objects")
        guard !objects.isEmpty else { return }
        for offset in 0..<count {
            let name = objects[(number + offset) % objects.count]
            // Told before it happens, since a witness may look at any time.
            lost.withLock { _ = $0.insert(name) }
            try? FileManager.default.removeItem(atPath: directory + "/objects/" + name)
        }
    }

    /// A server in front of this one that takes no uploads, as one without room.
    func full() throws -> ScriptedServer {
        let port = port
        return try ScriptedServer { connection, _ in
            guard let request = connection.readRequest() else { return }
            if request.head.hasPrefix("PUT ") || request.head.hasPrefix("POST ") {
                connection.send(
                    "HTTP/1.1 507 Insufficient Storage\r\nContent-Length: 0\r\n"
                        + "Connection: close\r\n\r\n")
                return
            }
            guard let store = ScriptedConnection(connectingTo: port) else { return }
            store.send(request.head)
            let isHead = request.head.hasPrefix("HEAD ")
            guard let answer = store.readRequest(hasBody: !isHead) else { return }
            connection.send(Array(answer.head.utf8) + answer.body)
        }
    }
}
