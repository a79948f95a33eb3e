internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSKeyValue
internal import NATSWire
internal import TestKit
internal import Testing

/// Many keys with one call.
@Suite(.needsNATSServer) struct ManyKeysTests {
    @Test func `many values are put in their order, and each has its revision`() async throws {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream)
            let values = (0..<3000).map { (key: "k.\($0)", value: "value \($0)") }
            let results = try await bucket.putAll(values)
            #expect(results.firstFailure == nil)
            #expect(try results.map { try $0.get().sequence } == Array(1...3000))
            for index in [0, 1, 1499, 2999] {
                let entry = try #require(try await bucket.get("k.\(index)"))
                #expect(entry.text == "value \(index)" && entry.revision == UInt64(index + 1))
            }
            #expect(try await bucket.keys().count == 3000)
        }
    }

    @Test func `a dictionary is put, and the later value of a key stays`() async throws {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream)
            #expect(try await bucket.putAll([:] as [String: String]).isEmpty)
            let bytes: [String: [UInt8]] = ["a": [1], "b": [2, 3], "c": []]
            #expect(try await bucket.putAll(bytes).firstFailure == nil)
            for (key, value) in bytes { #expect(try await bucket.get(key)?.value == Bytes(value)) }
            let twice = [(key: "a", value: "x"), (key: "b", value: "y"), (key: "a", value: "z")]
            #expect(try await bucket.putAll(twice, maxOutstanding: 1).firstFailure == nil)
            #expect(try await bucket.get("a")?.text == "z")
            #expect(try await bucket.history(of: "a").map(\.text) == ["\u{1}", "x", "z"])
        }
    }

    @Test func `one that is no key stops all before anything is sent`() async throws {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream)
            for key in ["", "a b", "a..b", ".a", "a.>", "*", "ä"] {
                let code = await KeyValueStage.code {
                    _ = try await bucket.putAll([(key: "good", value: "v"), (key: key, value: "v")])
                }
                #expect(code == .invalidArgument, "\(key)")
            }
            let code = await KeyValueStage.code {
                _ = try await bucket.putAll(["good": "v"], maxOutstanding: 0)
            }
            #expect(code == .invalidArgument)
            #expect(try await bucket.status().revision == 0)
        }
    }

    @Test func `a full bucket refuses some, and says which`() async throws {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream) { $0.maxBytes = 20_000 }
            let value = [UInt8](repeating: 7, count: 1000)
            let results = try await bucket.putAll((0..<40).map { (key: "k\($0)", value: value) })
            #expect(results.count == 40 && results.firstFailure?.code == .storageFull)
            var stored: [String] = []
            for (index, result) in results.enumerated() where (try? result.get()) != nil {
                stored.append("k\(index)")
            }
            #expect(!stored.isEmpty && stored.count < 40)
            #expect(try await bucket.keys() == stored)
        }
    }

    @Test func `values of many keys and patterns come once each, however they overlap`()
        async throws
    {
        try await KeyValueStage.run { jetStream in
            guard try await KeyValueStage.hasTimeToLive(jetStream) else { return }
            let bucket = try await KeyValueStage.bucket(jetStream)
            let tokens = ["a", "b", "c"]
            var keys = tokens
            for first in tokens {
                for second in tokens {
                    keys.append("\(first).\(second)")
                    keys += tokens.map { "\(first).\(second).\($0)" }
                }
            }
            let values = keys.map { (key: $0, value: $0) }
            #expect(try await bucket.putAll(values).firstFailure == nil)
            var generator = SeededGenerator("many keys and patterns")
            for _ in 0..<200 {
                let patterns = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                    Self.pattern(tokens, &generator)
                }
                let entries = try await bucket.entries(for: patterns)
                let expected = keys.filter { key in
                    patterns.contains { Self.matches(key, $0) }
                }
                #expect(entries.map(\.key) == expected, "\(patterns)")
                #expect(entries.allSatisfy { $0.text == $0.key })
            }
            // As many keys as the server takes at once, all of them named.
            let many = (0..<1000).map { (key: "many.\($0)", value: "\($0)") }
            #expect(try await bucket.putAll(many).firstFailure == nil)
            let entries = try await bucket.entries(for: many.map(\.key) + many.map(\.key))
            #expect(entries.map(\.text) == many.map(\.value))
        }
    }

    @Test func `a key that could not be read again is not written`() async throws {
        try await KeyValueStage.run { jetStream in
            let bucket = try await KeyValueStage.bucket(jetStream)
            let prefix = "$JS.API.CONSUMER.CREATE.KV_B..$KV.B."
            let longest = String(repeating: "k", count: 2000 - 64 - prefix.count)
            for key in [longest + "k", String(repeating: "k", count: 5000)] {
                let code = await KeyValueStage.code { try await bucket.put("v", for: key) }
                #expect(code == .invalidArgument)
            }
            try await bucket.put("v", for: longest)
            #expect(try await bucket.get(longest)?.text == "v")
            #expect(try await bucket.history(of: longest).count == 1)
            #expect(try await bucket.keys() == [longest])
            try await bucket.delete(longest)
            #expect(try await bucket.get(longest) == nil)
        }
    }

    /// Streams and messages of others, who keep to no rule.
    @Test func `what others have stored hides no bucket and no key`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await NATSClient.connect(NATSClientOptions(servers: [server.url]))
            let jetStream = client.jetStream
            let bucket = try await KeyValueStage.bucket(jetStream)
            for name in ["KV_odd+x", "KV_"] {
                let subject = try SubjectPattern("$KV.\(name).>")
                try await jetStream.createStream(
                    StreamConfiguration(name: name, subjects: [subject]))
            }
            #expect(try await jetStream.keyValueNames() == ["B"])
            try await bucket.put("1", for: "a")
            let raw = try #require(
                ScriptedConnection(connectingTo: server.port, host: server.host))
            let block = "NATS/1.0\r\nno colon\r\n\r\n"
            raw.send(
                "CONNECT {\"verbose\":false,\"headers\":true}\r\n"
                    + "HPUB $KV.B.broken \(block.utf8.count) \(block.utf8.count + 1)\r\n"
                    + "\(block)x\r\n"
                    + "PUB $KV.B.esc\u{1b}ape 1\r\ny\r\nPING\r\n")
            while let line = raw.readLine(), !line.hasPrefix("PONG") {}
            try await bucket.put("2", for: "b")
            #expect(try await bucket.keys() == ["a", "broken", "esc\u{1b}ape", "b"])
            var faults: [Bool] = []
            for try await change in try bucket.watch() {
                guard let entry = change.entry else { break }
                faults.append(entry.headersError != nil)
            }
            #expect(faults == [false, true, false, false])
            let code = await KeyValueStage.code { _ = try await bucket.get("broken") }
            #expect(code == .invalidHeaders)
            #expect(client.statistics.reconnects == 0)
            await client.close()
        }
    }

    private static func pattern(
        _ tokens: [String], _ generator: inout SeededGenerator
    ) -> String {
        var parts = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
            (tokens + ["*"]).randomElement(using: &generator) ?? "a"
        }
        if Int.random(in: 0..<4, using: &generator) == 0 { parts[parts.count - 1] = ">" }
        return parts.joined(separator: ".")
    }

    /// The rule of subjects, said once more.
    private static func matches(_ key: String, _ pattern: String) -> Bool {
        let (key, pattern) = (key.split(separator: "."), pattern.split(separator: "."))
        for (index, part) in pattern.enumerated() {
            if part == ">" { return key.count > index }
            guard index < key.count, part == "*" || part == key[index] else { return false }
        }
        return key.count == pattern.count
    }
}
