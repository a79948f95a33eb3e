import BridgeHTTP
import BridgeSockets
import Glibc
import Synchronization
import TestKit
import Testing

/// Uploads that are read straight into the memory that they are answered from.
@Suite(.patient) struct MemoryUploadTests {
    private static let path = "/f/\(TestID.of(1))/x"

    private static func content(_ size: Int) -> [UInt8] {
        var generator = SeededGenerator("memory upload")
        return generator.bytes(size)
    }

    private static func head(_ size: Int) -> String {
        "PUT \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n"
    }

    private func used(_ running: RunningServer) async throws -> Bool {
        let page = try await running.client { try $0.request("GET", "/metrics") }
        return !page.text.contains("natsbridge_server_memory_used_bytes 0\n")
    }

    /// Reads of odd sizes, a head and the beginning of a body in one, and behind the body at once
    /// what belongs to the next request.
    @Test(arguments: [1 << 20, 10_007])
    func `what comes in any pieces is what was sent, and no byte of what follows it`(
        longest: Int
    ) async throws {
        let content = Self.content(3_000_001)
        try await RunningServer.with { options in
            options.memory = 64 << 20
            options.systemCalls = SystemCalls { call, count in
                call == .read && count > longest ? .cut(to: longest) : .made
            }
        } _: { running in
            let answers = try await running.client { client throws in
                client.send(
                    Array(Self.head(content.count).utf8) + content
                        + Array("GET \(Self.path) HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
                return [try client.answer(to: "PUT"), try client.answer()]
            }
            #expect(answers.map(\.status) == [201, 200])
            #expect(answers[1].body == content)
            #expect(try await used(running))
            #expect(running.server.counters.bytesReceived >= content.count)
        }
    }

    @Test func `what is in the window before goes before`() async throws {
        let content = Self.content(2_000_000)
        try await RunningServer.with {
            $0.memory = 64 << 20
        } _: { running in
            let got = try await running.client { client throws in
                // The head brings some of the body with it; the rest comes when that is read.
                client.send(Array(Self.head(content.count).utf8) + content[..<1000])
                client.send(Array(content[1000..<1001]))
                client.send(Array(content[1001...]))
                let put = try client.answer(to: "PUT")
                #expect(put.status == 201)
                return try client.request("GET", Self.path)
            }
            #expect(got.body == content)
        }
    }

    @Test(arguments: [false, true])
    func `what is cut leaves nothing`(isReset: Bool) async throws {
        let content = Self.content(3_000_000)
        try await RunningServer.with {
            $0.memory = 64 << 20
        } _: { running in
            try await running.client { client throws in
                client.send(Array(Self.head(content.count).utf8) + content[..<2_500_000])
                if isReset { client.resetOnClose() }
            }
            #expect(await running.leavesNoParts())
            #expect(await Pace.until(patience) { (try? await used(running)) == false })
            #expect(try await running.client { try $0.request("GET", Self.path) }.status == 404)
        }
    }

    @Test func `a socket that fails ends the upload and no other`() async throws {
        let content = Self.content(3_000_000)
        let isFailing = Atomic(true)
        try await RunningServer.with { options in
            options.memory = 64 << 20
            options.systemCalls = SystemCalls { call, count in
                guard call == .read, count > 64 << 10,
                    isFailing.exchange(false, ordering: .relaxed)
                else { return .made }
                return .refused(ECONNRESET)
            }
        } _: { running in
            _ = try? await running.client { client throws in
                client.send(Array(Self.head(content.count).utf8) + content)
                return try client.answer(to: "PUT")
            }
            #expect(await running.leavesNoParts())
            let again = try await running.client {
                try $0.request("PUT", Self.path, body: content)
            }
            #expect(again.status == 201)
            #expect(try await running.client { try $0.request("GET", Self.path) }.body == content)
        }
    }
}
