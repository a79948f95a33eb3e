import BridgeHTTP
import BridgeSockets
import Dispatch
import Glibc
import HTTPWire
import Synchronization
import TestKit
import Testing

/// Descriptors are kept for answers (failures.md F2, F15).
@Suite(.patient) struct ConnectionLimitTests {
    @Test(arguments: [0, 1, 8, 16, 64, 256, 1024, 4096, 1_048_576, Int.max])
    func `connections, their files and refusals fit into the descriptors`(limit: Int) {
        for wanted in [1, 2, 1000, Int.max] {
            let budget = DescriptorBudget(limit: limit, wanted: wanted)
            #expect(budget.connections >= 1 && budget.uploads >= 1 && budget.refusals >= 1)
            #expect(budget.connections <= wanted && budget.uploads <= budget.connections)
            guard limit >= 16 else { continue }
            let (files, _) = budget.connections.multipliedReportingOverflow(by: 2)
            #expect(files + budget.refusals <= limit - min(64, limit / 2))
        }
    }

    @Test func `one address cannot take all connections`() async throws {
        try await RunningServer.with { options in
            options.maximumConnections = 10
            options.maximumConnectionsPerAddress = 3
        } _: { running in
            let port = running.port
            try await running.client { first throws in
                #expect(try first.request("GET", "/healthz").status == 200)
                let second = try RawClient(port: port)
                second.send("GET /f/")
                var third = try RawClient(port: port)
                #expect(try third.request("GET", "/healthz").status == 200)
                var fourth = try RawClient(port: port)
                let refused = try fourth.answer()
                #expect(refused.status == 503 && refused.fields["Retry-After"] == "1")
                var other = try RawClient(port: port, from: 2)
                #expect(try other.request("GET", "/healthz").status == 200)
            }
            #expect(running.server.counters.connectionsRefused == 1)
        }
    }

    @Test func `whoever is refused and stays keeps nobody from an answer`() async throws {
        try await RunningServer.with { options in
            options.maximumConnections = 2
        } _: { running in
            let port = running.port
            try await running.client { first throws in
                #expect(try first.request("GET", "/healthz").status == 200)
                var second = try RawClient(port: port)
                #expect(try second.request("GET", "/healthz").status == 200)
                var crowd: [Refused] = []
                for _ in 0..<200 { crowd.append(try Refused(port)) }
                #expect(try second.request("GET", "/healthz").status == 200)
            }
        }
    }

    /// Several threads connect without a pause, so that the server accepts them in few turns.
    @Test func `a crowd that comes at once is told so to the last`() async throws {
        try await RunningServer.with { options in
            options.maximumConnections = 2
        } _: { running in
            let port = running.port
            try await running.client { first throws in
                #expect(try first.request("GET", "/healthz").status == 200)
                var second = try RawClient(port: port)
                #expect(try second.request("GET", "/healthz").status == 200)
                let told = Atomic(0)
                DispatchQueue.concurrentPerform(iterations: 16) { _ in
                    var crowd: [Refused] = []
                    for _ in 0..<100 {
                        guard let refused = try? Refused(port) else { return }
                        crowd.append(refused)
                        told.add(1, ordering: .relaxed)
                    }
                }
                #expect(told.load(ordering: .relaxed) == 1600)
                #expect(try second.request("GET", "/healthz").status == 200)
            }
        }
    }

    @Test func `uploads leave connections for others, and are told to come back`() async throws {
        try await RunningServer.with { options in
            options.maximumConnections = 8
            options.maximumConnectionsPerAddress = 8
        } _: { running in
            let port = running.port
            try await running.client { client throws in
                var uploads: [HeldUpload] = []
                for number in 0..<6 { uploads.append(try HeldUpload(port, number)) }
                let late = try client.request("PUT", "/f/\(TestID.of(9))/x", body: [1])
                #expect(late.status == 503 && late.fields["Retry-After"] == "5")
                #expect(try client.request("GET", "/healthz").status == 200)
                #expect(try client.request("GET", "/f/\(TestID.of(8))/x").status == 404)
                for upload in uploads { #expect(try upload.finish() == 201) }
                let again = try client.request("PUT", "/f/\(TestID.of(9))/x", body: [1])
                #expect(again.status == 201)
            }
            #expect(running.server.counters.refusals["busy"] == 1)
        }
    }

    /// A client that reads its refusal and does not close.
    private final class Refused {
        private var client: RawClient

        init(_ port: Int) throws {
            client = try RawClient(port: port)
            #expect(try client.answer().status == 503)
        }
    }

    /// An upload that waits for its last byte.
    private final class HeldUpload {
        private var client: RawClient

        init(_ port: Int, _ number: Int) throws {
            client = try RawClient(port: port)
            client.send("PUT /f/\(TestID.of(number))/x HTTP/1.1\r\nHost: a\r\n")
            client.send("Content-Length: 1\r\nExpect: 100-continue\r\n\r\n")
            #expect(try client.interim() == 100)
        }

        func finish() throws -> Int {
            client.send([1])
            return try client.answer(to: "PUT").status
        }
    }

    @Test(arguments: [EMFILE, ENFILE])
    func `a file that cannot be opened for want of descriptors is to be asked for later`(
        number: Int32
    ) async throws {
        let isShort = Flag()
        try await RunningServer.with { options in
            options.systemCalls = SystemCalls { call, _ in
                call == .open && isShort.isSet ? .refused(number) : .made
            }
        } _: { running in
            let path = "/f/\(TestID.of(1))/x"
            try await running.client { client throws in
                #expect(try client.request("PUT", path, body: [1]).status == 201)
                isShort.set(true)
                let got = try client.request("GET", path)
                #expect(got.status == 503 && got.fields["Retry-After"] == "5")
                let put = try client.request("PUT", "/f/\(TestID.of(2))/x", body: [1])
                #expect(put.status == 503 && put.fields["Retry-After"] == "5")
                #expect(try client.request("GET", "/healthz").status == 200)
                #expect(try client.request("GET", "/readyz").status == 503)
                isShort.set(false)
                #expect(try client.request("GET", path).body == [1])
            }
        }
    }
}
