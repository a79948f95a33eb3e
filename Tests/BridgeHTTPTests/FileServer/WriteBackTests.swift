import BridgeBytes
import BridgeHTTP
import BridgeSockets
import Glibc
import Synchronization
import TestKit
import Testing

/// When the disk begins with what is uploaded.
@Suite(.patient) struct WriteBackTests {
    private static let path = "/f/\(TestID.of(1))/x"
    private static let content = [UInt8](repeating: 7, count: 20 << 20)

    /// The calls of a server that concern the disk, in order.
    private func calls(
        isDurable: Bool, size: Int, failing error: Int32? = nil
    ) async throws -> [SystemCall] {
        let seen = Mutex<[SystemCall]>([])
        try await RunningServer.with { options in
            options.isDurable = isDurable
            options.systemCalls = SystemCalls { call, _ in
                guard call == .writeBack || call == .synchronize else { return .made }
                seen.withLock { $0.append(call) }
                return call == .writeBack ? error.map { .refused($0) } ?? .made : .made
            }
        } _: { running in
            let body = Array(Self.content[..<size])
            let put = try await running.client { try $0.request("PUT", Self.path, body: body) }
            #expect(put.status == 201)
            let got = try await running.client { try $0.request("GET", Self.path) }
            #expect(got.status == 200 && got.body == body)
        }
        return seen.withLock { $0 }
    }

    @Test func `a large durable upload goes to the disk while it comes`() async throws {
        let seen = try await calls(isDurable: true, size: 20 << 20)
        // The server has things of its own to write as it starts.
        let first = try #require(seen.firstIndex(of: .writeBack))
        #expect(seen[first...].contains(.synchronize))
        #expect((1...2).contains(seen.count { $0 == .writeBack }))
    }

    @Test func `one that is small, or need not be on the disk, does not`() async throws {
        #expect(try await !calls(isDurable: true, size: 1 << 20).contains(.writeBack))
        #expect(try await !calls(isDurable: false, size: 20 << 20).contains(.writeBack))
    }

    @Test func `what fails there is for the end to tell`() async throws {
        let seen = try await calls(isDurable: true, size: 20 << 20, failing: EIO)
        #expect(seen.contains(.writeBack) && seen.contains(.synchronize))
    }
}
