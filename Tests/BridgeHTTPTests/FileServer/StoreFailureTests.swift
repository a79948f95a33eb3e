import BridgeBytes
import BridgeHTTP
import BridgeSockets
import Glibc
import HTTPWire
import Synchronization
import TestKit
import Testing

/// One system call of a file server fails, and the next ones do not (failures.md B7, B8).
@Suite(.patient) struct StoreFailureTests {
    /// Which calls fail, in a server that is running.
    private final class Rule: Sendable {
        private let rule = Mutex<@Sendable (SystemCall) -> SystemCallFate>({ _ in .made })

        func set(_ rule: @escaping @Sendable (SystemCall) -> SystemCallFate) {
            self.rule.withLock { $0 = rule }
        }

        var calls: SystemCalls {
            SystemCalls { [self] call, _ in rule.withLock { $0 }(call) }
        }
    }

    private static let path = "/f/\(TestID.of(1))/x"

    private static func with(_ body: (RunningServer, Rule) async throws -> Void) async throws {
        let rule = Rule()
        try await RunningServer.with {
            $0.systemCalls = rule.calls
            $0.isDurable = true
        } _: { running in
            try await body(running, rule)
        }
    }

    private static func expect(
        _ status: Int, to method: String, at running: RunningServer,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await running.client {
            try $0.request(method, path, body: method == "PUT" ? [1, 2, 3] : [])
        }
        #expect(answer.status == status, sourceLocation: sourceLocation)
    }

    @Test func `a name in the workshop that stays is no failure, and is swept`() async throws {
        try await Self.with { running, rule in
            rule.set { $0 == .unlink ? .refused(EIO) : .made }
            try await Self.expect(201, to: "PUT", at: running)
            #expect(running.server.stored.files == 1 && running.partialFiles.count == 1)
            await running.server.sweep()
            #expect(running.partialFiles.count == 1)
            rule.set { _ in .made }
            await running.server.sweep()
            #expect(await running.leavesNoParts())
            try await Self.expect(200, to: "GET", at: running)
        }
    }

    @Test func `what may not be on the disk is not there`() async throws {
        try await Self.with { running, rule in
            let count = Atomic(0)
            // First the file, then the folder.
            rule.set { call in
                guard call == .synchronize else { return .made }
                return count.add(1, ordering: .relaxed).oldValue == 1 ? .refused(EIO) : .made
            }
            try await Self.expect(500, to: "PUT", at: running)
            #expect(running.server.stored.files == 0 && running.server.stored.bytes == 0)
            try await Self.expect(404, to: "GET", at: running)
            try await Self.expect(201, to: "PUT", at: running)
        }
    }

    @Test(arguments: [SystemCall.link, .unlink])
    func `what was done though it was told as failed counts as done`(
        _ failing: SystemCall
    ) async throws {
        try await Self.with { running, rule in
            rule.set { $0 == failing ? .hidden(EIO) : .made }
            try await Self.expect(201, to: "PUT", at: running)
            #expect(await running.leavesNoParts() && running.server.stored.files == 1)
            try await Self.expect(200, to: "GET", at: running)
        }
    }

    @Test(arguments: [(ENOSPC, 507), (EDQUOT, 507), (EIO, 500), (EMFILE, 503)])
    func `an upload that cannot be written has its status and leaves nothing`(
        _ number: Int32, _ status: Int
    ) async throws {
        try await Self.with { running, rule in
            rule.set { $0 == .fileWrite ? .refused(number) : .made }
            try await Self.expect(status, to: "PUT", at: running)
            rule.set { _ in .made }
            try await Self.expect(201, to: "PUT", at: running)
            // What was refused is removed behind its answer.
            await running.server.stop()
            #expect(await running.leavesNoParts() && running.objectFiles.count == 1)
        }
    }

    @Test func `a client without memory to send is told at once`() async throws {
        try await Self.with { running, _ in
            var options = HTTPClientOptions()
            options.systemCalls = SystemCalls { call, _ in
                call == .send ? .refused(ENOMEM) : .made
            }
            let client = try HTTPClient(options)
            let url = try HTTPURL("\(running.server.baseURL)\(Self.path)")
            let error = await #expect(throws: HTTPError.self) {
                try await client.send(HTTPRequest("GET", url))
            }
            #expect(error?.code == .disconnected)
            client.close()
        }
    }
}
