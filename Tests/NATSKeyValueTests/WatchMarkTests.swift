internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSKeyValue
internal import TestKit
internal import Testing

/// A server that delivers what is new in one piece with what was there.
@Suite struct WatchMarkTests {
    /// One bucket, `B`, with as many keys as were there and as many as are new.
    private struct Server {
        let old: Int
        let new: Int
        /// What the client has subscribed to, with its number.
        private var subscriptions: [(pattern: String, number: String)] = []
        private var isPulled = false

        init(old: Int, new: Int) { (self.old, self.new) = (old, new) }

        private func number(of subject: String) -> String? {
            subscriptions.last { item in
                item.pattern == subject
                    || item.pattern.hasSuffix("*") && subject.hasPrefix(item.pattern.dropLast())
            }?.number
        }

        private func deliveries(_ number: String) -> String {
            (1...old + new).map { key in
                let pending = key <= old ? old - key : old + new - key
                let place = "$JS.ACK.KV_B.c.1.\(key).\(key).1.\(pending)"
                return "MSG $KV.B.k.\(key) \(number) \(place) 1\r\nv\r\n"
            }.joined()
        }

        /// Answers one frame.
        mutating func take(_ line: String, _ connection: ScriptedConnection) {
            let words = line.split(separator: " ").map(String.init)
            if words[0] == "SUB" {
                subscriptions.append((words[1], words[words.count - 1]))
            }
            guard words[0] == "PUB", words.count == 4, let number = number(of: words[2]) else {
                return
            }
            if words[1].hasPrefix("$JS.API.CONSUMER.MSG.NEXT."), !isPulled {
                isPulled = true
                connection.send(Array(deliveries(number).utf8))
            } else if let answer = answer(words[1]) {
                let text = "MSG \(words[2]) \(number) \(answer.utf8.count)\r\n\(answer)\r\n"
                connection.send(Array(text.utf8))
            }
        }

        private func answer(_ subject: String) -> String? {
            if subject.hasPrefix("$JS.API.STREAM.INFO.") {
                return #"{"config":{"name":"KV_B","subjects":["$KV.B.>"]},"state":{}}"#
            }
            guard subject.hasPrefix("$JS.API.CONSUMER.CREATE.") else { return nil }
            let consumer = #""name":"c","stream_name":"KV_B","config":{"name":"c"}"#
            return "{\(consumer),\"num_pending\":\(old)}"
        }
    }

    @Test(arguments: [(1, 1), (1, 5), (3, 2), (40, 40)])
    func `the mark stands between what was there and what came together with it`(
        old: Int, new: Int
    ) async throws {
        let server = try ScriptedServer { connection, _ in
            guard connection.acceptNATS() != nil else { return }
            var server = Server(old: old, new: new)
            connection.serveNATS { line, _ in server.take(line, connection) }
        }
        try await within {
            let client = try await NATSClient.connect(
                NATSClientOptions(servers: ["nats://127.0.0.1:\(server.port)"]))
            let bucket = try await client.jetStream.keyValue("B")
            var watch = try bucket.watch().makeAsyncIterator()
            var seen: [String] = []
            for _ in 0...old + new { seen.append(try await watch.next()?.entry?.key ?? "mark") }
            let keys = (1...old + new).map { "k.\($0)" }
            #expect(seen == keys[..<old] + ["mark"] + keys[old...])
            await client.close()
        }
    }
}
