import BridgeBytes
import BridgeHTTP
import Synchronization
import TestKit

/// A file server in a folder of its own, with a time of day that the test moves.
struct RunningServer: Sendable {
    let server: FileServer
    let folder: TemporaryDirectory
    let clock = SettableClock()

    var port: Int { server.port }

    init(_ adjust: (inout FileServerOptions) -> Void = { _ in }) async throws {
        folder = try TemporaryDirectory()
        var options = FileServerOptions(directory: folder.file("store"))
        options.isDurable = false
        let clock = self.clock
        options.now = { clock.now }
        adjust(&options)
        server = try await FileServer.start(options)
    }

    /// Runs a test's body against a server that is stopped afterwards.
    static func with(
        _ adjust: (inout FileServerOptions) -> Void = { _ in },
        _ body: (RunningServer) async throws -> Void
    ) async throws {
        let running = try await RunningServer(adjust)
        do { try await body(running) } catch {
            await running.server.stop()
            throw error
        }
        await running.server.stop()
    }

    /// Blocking work with a raw connection to the server.
    func client<Result: Sendable>(
        _ body: @escaping @Sendable (inout RawClient) throws -> Result
    ) async throws -> Result { try await RawClient.run(port, body) }

    var partialFiles: [String] { TestFile.names(in: folder.file("store/partial")) }

    /// Whether nothing is left of uploads that did not become objects. A refused sender has its
    /// answer before what came of its upload is removed.
    func leavesNoParts() async -> Bool { await Pace.until(patience) { partialFiles.isEmpty } }

    /// What can go on.
    var parts: [String] { TestFile.names(in: folder.file("store/parts")) }

    var objectFiles: [String] { TestFile.names(in: folder.file("store/objects")) }
}

/// A clock that stands still until it is moved.
final class SettableClock: Sendable {
    private let milliseconds = Atomic<Int64>(1_790_000_000_000)

    var now: Timestamp { Timestamp(milliseconds: milliseconds.load(ordering: .relaxed)) }

    func advance(by duration: Duration) {
        let (seconds, attoseconds) = duration.components
        milliseconds.add(
            seconds * 1000 + attoseconds / 1_000_000_000_000_000, ordering: .relaxed)
    }
}

/// Identifiers for tests.
enum TestID {
    static func of(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
