import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import NATSBridge
import NATSCore
import NATSWire
import TestKit
import Testing

/// Payloads that cannot be had, beside others that can; and messages that came before.
@Suite(.needsNATSServer) struct ReceivedPayloadTests {
    private typealias Bench = ReceiverBench

    private static func direct(
        type: String, text: String, checksum: String? = nil
    ) -> Bench.Part {
        var fields: JSONObject = [
            "payload_type": .string(type), "encoding": "base64",
            "data": .string(Bench.Part.base64(text)),
        ]
        if let checksum { fields["metadata"] = .object(["checksum": .string(checksum)]) }
        return .other(fields)
    }

    private static func first(_ bench: Bench, _ parts: Bench.Part...) async throws -> Received {
        var iterator = try await bench.messages().results.makeAsyncIterator()
        try bench.publishAll("m", parts)
        return try #require(try await iterator.next()).get()
    }

    @Test func `an unknown type keeps its bytes, and takes nobody along`() async throws {
        try await Bench.run { bench in
            let received = try await Self.first(
                bench, Self.direct(type: "pdf", text: "%PDF"), .text("hello"))
            #expect(received.payloads[0].bytes == Bytes(utf8: "%PDF"))
            #expect(received.payloads[0].error?.code == .unknownPayloadType)
            #expect(received.payloads[0].error?.detail.contains("payloads[0]") == true)
            #expect(!received.payloads[0].isMissing && !received.isUnusable)
            #expect(received.payloads[1].bytes == Bytes(utf8: "hello"))
            #expect(received.failures.count == 1)
            #expect(bench.bridge.statistics.payloadsFailed == 1)
        }
    }

    private static let unreadable: [(JSONObject, ErrorCode)] = [
        (["payload_type": "text", "data": "a*c="], .invalidBase64),
        (["payload_type": "text", "data": 7], .typeMismatch),
        (["payload_type": "text"], .missingKey),
        (["payload_type": "text", "data": "YQ==", "transport": "carrier"], .unknownTransport),
        (["data": "YQ=="], .missingKey),
    ]

    @Test(arguments: unreadable)
    func `a payload that cannot be read takes nobody along`(
        fields: JSONObject, code: ErrorCode
    ) async throws {
        try await Bench.run { bench in
            let received = try await Self.first(bench, .text("one"), .other(fields), .text("two"))
            #expect(received.payloads.map(\.error?.code) == [nil, code, nil])
            #expect(received.payloads.map(\.text) == ["one", nil, "two"])
            #expect(received.payloads[1].error?.detail.contains("payloads[1]") == true)
            #expect(received.payloads[1].isMissing && received.payloads[1].bytes.isEmpty)
            #expect(bench.bridge.statistics.payloadsFailed == 1)
        }
    }

    @Test func `a link that is gone takes nobody along`() async throws {
        try await Bench.run(open: ["gone", "there"]) { bench in
            bench.store.setMissing("gone", true)
            let received = try await Self.first(
                bench, .link("gone", 1), .text("hello"), .link("there", 3))
            #expect(received.payloads.map(\.error?.code) == [.payloadNotFound, nil, nil])
            #expect(received.payloads[0].isMissing && !received.isUnusable)
            #expect(received.payloads[0].value == nil && received.payloads[0].bytes.isEmpty)
            #expect(received.payloads[2].bytes.count == 3)
        }
    }

    @Test func `a message of which nothing can be had says so`() async throws {
        try await Bench.run(open: ["gone"]) { bench in
            bench.store.setMissing("gone", true)
            let received = try await Self.first(bench, .link("gone", 1), .link("gone", 1))
            #expect(received.isUnusable && received.failures.count == 2)
        }
    }

    @Test(arguments: [
        ("sha256:4c20", "invalid_checksum"), ("xxh64:12", "invalid_checksum"),
        ("SHA256:zz", "invalid_checksum"),
        ("xxh64:0123456789abcdef", "checksum_mismatch"),
    ])
    func `a digest that is malformed or another one is damage`(
        _ checksum: String, _ code: String
    ) async throws {
        try await Bench.run { bench in
            let received = try await Self.first(
                bench, Self.direct(type: "text", text: "x", checksum: checksum), .text("y"))
            #expect(received.payloads[0].error?.code.rawValue == code)
            #expect(received.payloads[0].isMissing && received.payloads[1].error == nil)
        }
    }

    @Test(arguments: ["md5:00", "sha512:", "nothing"])
    func `a digest that cannot be verified is told in the trace`(
        _ checksum: String
    ) async throws {
        let trace = LogCollector()
        try await Bench.run(
            { $0.log = trace.sink },
            body: { bench in
                let received = try await Self.first(
                    bench, Self.direct(type: "text", text: "x", checksum: checksum))
                #expect(received.failures.isEmpty)
            })
        #expect(trace.events().contains { $0.message.contains("checksum not verified") })
    }

    @Test func `strict reading refuses the whole message`() async throws {
        try await Bench.run { bench in
            let subscription = try bench.bridge.client.subscribe(to: "strict")
            try await bench.bridge.client.flush()
            let sent = try await bench.bridge.send(["t": "x"], to: "strict")
            var batch = try await subscription.nextBatch()
            var options = ReceiveOptions()
            options.isStrict = true
            let message = try #require(batch?.first)
            #expect(try await bench.bridge.receive(message, options: options).failures.isEmpty)
            let text = String(decoding: Array(sent.body), as: UTF8.self)
            let odd = text.replacing("\"text\"", with: "\"jsontable\"")
            try bench.bridge.client.publish(Bytes(utf8: odd), to: "strict")
            batch = try await subscription.nextBatch()
            let broken = try #require(batch?.first)
            #expect(try await bench.bridge.receive(broken).failures.count == 1)
            await #expect(throws: BridgeError(.invalidContent, stage: .deserialize)) {
                _ = try await bench.bridge.receive(broken, options: options)
            }
        }
    }

    @Test func `the same message comes once, and another with its id as well`() async throws {
        let trace = LogCollector()
        try await Bench.run(
            { $0.log = trace.sink },
            body: { bench in
                var iterator = try await bench.messages().results.makeAsyncIterator()
                for _ in 0..<3 { try bench.publish("m", .text("x")) }
                try bench.publish("m", .text("another content"))
                try bench.publish("", .text("x"))
                try bench.publish("", .text("x"))
                #expect(try await Bench.ids(4, &iterator) == ["m", "m", "", ""])
                #expect(bench.bridge.statistics.duplicatesDropped == 2)
            })
        let lines = trace.events(of: "flow-m").filter { $0.message == "dropped a duplicate" }
        #expect(lines.count == 2)
    }

    @Test func `duplicates can be wanted`() async throws {
        try await Bench.run { bench in
            var iterator = try await bench.messages { $0.dropsDuplicates = false }
                .results.makeAsyncIterator()
            for _ in 0..<3 { try bench.publish("m", .text("x")) }
            #expect(try await Bench.ids(3, &iterator) == ["m", "m", "m"])
            #expect(bench.bridge.statistics.duplicatesDropped == 0)
        }
    }

    @Test func `of duplicates that are fetched at the same time one is handed out`() async throws {
        try await Bench.run { bench in
            var iterator = try await bench.messages().results.makeAsyncIterator()
            for _ in 0..<2 { try bench.publish("m", .link("slow", 1)) }
            try await bench.store.awaitBeginnings(2)
            try bench.publish("last", .text("x"))
            bench.store.open("slow")
            #expect(try await Bench.ids(2, &iterator) == ["m", "last"])
            #expect(bench.bridge.statistics.duplicatesDropped == 1)
        }
    }

    @Test func `a second copy of a message that could not be used gets its chance`() async throws {
        try await Bench.run(open: ["late"]) { bench in
            bench.store.setMissing("late", true)
            var iterator = try await bench.messages().results.makeAsyncIterator()
            try bench.publish("m", .link("late", 1))
            #expect(try #require(try await iterator.next()).get().isUnusable)
            bench.store.setMissing("late", false)
            try bench.publish("m", .link("late", 1))
            #expect(try #require(try await iterator.next()).get().failures.isEmpty)
            try bench.publish("m", .link("late", 1))
            try bench.publish("last", .text("x"))
            #expect(try await Bench.ids(1, &iterator) == ["last"])
        }
    }
}
