import BridgeBytes
import Foundation
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

@Suite struct ReceiptTests {
    private static func connect(_ port: Int) async throws -> NATSClient {
        var options = NATSClientOptions(servers: ["nats://127.0.0.1:\(port)"])
        options.reconnectWait = .milliseconds(1)
        options.reconnectJitter = .zero
        return try await NATSClient.connect(options)
    }

    private struct Cut: CustomTestStringConvertible {
        let resets: Bool
        var testDescription: String { resets ? "reset" : "end" }
    }

    /// Three messages are confirmed; of the next three the server reads `limit` bytes and is
    /// gone. On the next connection it behaves.
    private static func outcomes(cutAfter limit: Int, _ cut: Cut) async throws -> (
        outcomes: [PublishOutcome], received: [String]
    ) {
        let received = Mutex<[String]>([])
        let server = try ScriptedServer { connection, number in
            guard connection.acceptNATS() != nil else { return }
            if number == 0 {
                while let (line, body) = connection.readFrame() {
                    if line == "PING" { break }
                    received.withLock { $0.append(String(decoding: body.suffix(2), as: UTF8.self)) }
                }
                connection.send("PONG\r\n")
                if cut.resets { connection.resetOnClose() }
                received.withLock { $0 += Self.wholeBodies(connection.read(limit)) }
                return
            }
            connection.serveNATS { line, body in
                guard line.contains("PUB ") else { return }
                received.withLock { $0.append(String(decoding: body.suffix(2), as: UTF8.self)) }
            }
        }
        let client = try await connect(server.port)
        var receipts: [PublishReceipt] = []
        for number in 1...7 {
            receipts.append(
                try client.publishWithReceipt(
                    Bytes(utf8: "m\(number)"), to: "a",
                    headers: number % 2 == 0 ? ["N": "x"] : [:]))
            if number == 3 { #expect(try await receipts[2].outcome() == .sent) }
            if number == 6 { _ = try await receipts[5].outcome() }
        }
        var outcomes: [PublishOutcome] = []
        for receipt in receipts { outcomes.append(try await receipt.outcome()) }
        await client.close()
        return (outcomes, received.withLock { $0 })
    }

    /// The payloads of the frames that are whole, each a line of its own here.
    private static func wholeBodies(_ bytes: [UInt8]) -> [String] {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.components(separatedBy: "\r\n").dropLast().filter {
            $0.first == "m" && $0.count == 2
        }
    }

    /// Bytes of three messages and the PING behind them.
    private static let frames =
        "HPUB a 19 21\r\nNATS/1.0\r\nN: x\r\n\r\nm4\r\nPUB a 2\r\nm5\r\n"
        + "HPUB a 19 21\r\nNATS/1.0\r\nN: x\r\n\r\nm6\r\nPING\r\n"

    @Test(arguments: [false, true])
    func `cut at every byte, what is confirmed was received and nothing is lost`(
        resets: Bool
    ) async throws {
        for limit in 0..<Self.frames.utf8.count {
            let (outcomes, received) = try await within {
                try await Self.outcomes(cutAfter: limit, Cut(resets: resets))
            }
            #expect(outcomes[0..<3] == [.sent, .sent, .sent] && outcomes[6] == .sent)
            for (index, outcome) in outcomes.enumerated() {
                let name = "m\(index + 1)"
                switch outcome {
                case .sent: #expect(received.contains(name), "cut after \(limit)")
                case .unknown: #expect((3..<6).contains(index), "cut after \(limit)")
                case .lost, .denied:
                    Issue.record("\(name) was received or sent again; cut after \(limit)")
                }
                #expect(received.count { $0 == name } <= 1, "twice; cut after \(limit)")
            }
        }
    }

    @Test func `without a cut the confirmed are exactly the received`() async throws {
        let (outcomes, received) = try await within {
            try await Self.outcomes(cutAfter: Self.frames.utf8.count, Cut(resets: false))
        }
        #expect(received.count >= 6 && outcomes.count { $0 == .sent } <= received.count)
    }

    @Test func `a large message that did not leave whole is sent again and then confirmed`()
        async throws
    {
        let large = Bytes((0..<12 << 20).map { UInt8(truncatingIfNeeded: $0 &* 13 >> 4) })
        let whole = Mutex(0)
        let server = try ScriptedServer { connection, number in
            guard connection.acceptNATS() != nil else { return }
            if number == 0 {
                _ = connection.read(1 << 20)
                return
            }
            connection.serveNATS { _, body in
                if body == Array(large) { whole.withLock { $0 += 1 } }
            }
        }
        let client = try await Self.connect(server.port)
        let receipt = try client.publishWithReceipt(large, to: "a")
        #expect(try await within { try await receipt.outcome() } == .sent)
        #expect(whole.withLock { $0 } == 1)
        await client.close()
    }

    @Test func `closing says what never left`() async throws {
        let server = try ScriptedServer { connection, number in
            guard number == 0, connection.acceptNATS() != nil else { return }
        }
        let client = try await Self.connect(server.port)
        while client.isConnected { await Task.yield() }
        let receipt = try client.publishWithReceipt([1], to: "a")
        #expect(receipt.current == nil)
        async let outcome = receipt.outcome()
        await client.close()
        #expect(try await outcome == .lost)
        #expect(receipt.current == .lost)
    }

    @Test func `waiting for a receipt can be cancelled`() async throws {
        let server = try ScriptedServer { connection, _ in
            guard connection.acceptNATS() != nil else { return }
            connection.readToEnd()
        }
        let client = try await Self.connect(server.port)
        let receipt = try client.publishWithReceipt([1], to: "a")
        let waiting = Task { try await receipt.outcome() }
        waiting.cancel()
        await #expect(throws: NATSError(.cancelled, stage: .publish)) { try await waiting.value }
        await client.close()
    }

    @Test(.needsNATSServer) func `a hundred thousand receipts cost one question`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await NATSClient.connect(NATSClientOptions(servers: [server.url]))
            var receipts: [PublishReceipt] = []
            for number in 0..<100_000 {
                receipts.append(try client.publishWithReceipt([UInt8(number & 255)], to: "a"))
            }
            #expect(receipts.last?.number == 100_000)
            #expect(try await receipts.last?.outcome() == .sent)
            #expect(receipts.allSatisfy { $0.current == .sent })
            await client.close()
        }
    }
}
