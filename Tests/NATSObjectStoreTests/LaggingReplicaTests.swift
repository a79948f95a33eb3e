internal import BridgeBytes
internal import BridgeJSON
internal import NATSCore
internal import NATSJetStream
internal import NATSObjectStore
internal import NATSWire
internal import TestKit
internal import Testing

/// A cluster whose consumer is put on a replica that has less than the leader.
@Suite struct LaggingReplicaTests {
    private static let size = 1000
    private static let content = ObjectStoreStage.pattern(5 * size)

    /// What the servers know of one object, `x`, whose five pieces have the numbers 1 to 5.
    private struct Cluster {
        /// Pieces that the replica has.
        let replicated: Int
        /// Pieces that the leader has.
        let stored: Int
        /// What the client has subscribed to, with its number.
        var subscriptions: [(pattern: String, number: String)] = []
        /// Whether it says that it is a cluster, and the replica gets the rest when the leader has
        /// been asked what it has.
        var catchesUp = false
        /// Where the last request wants its messages.
        private var pull = ""

        init(replicated: Int, stored: Int, catchesUp: Bool = false) {
            (self.replicated, self.stored, self.catchesUp) = (replicated, stored, catchesUp)
        }

        private static let inbox = "$O.B.C.id"

        private func send(
            _ text: [UInt8], to subject: String, reply: String = "",
            _ connection: ScriptedConnection
        ) {
            let number = subscriptions.last { item in
                item.pattern == subject
                    || item.pattern.hasSuffix("*") && subject.hasPrefix(item.pattern.dropLast())
            }?.number
            guard let number else { return }
            let line = "MSG \(subject) \(number) \(reply)\(reply.isEmpty ? "" : " ")\(text.count)"
            connection.send(Array("\(line)\r\n".utf8) + text + Array("\r\n".utf8))
        }

        private static func stored(_ number: Int, _ subject: String, _ bytes: Bytes) -> String {
            """
            {"message":{"subject":"\(subject)","seq":\(number),"time":"2026-01-01T00:00:00Z",\
            "data":"\(String(repairing: Base64.encode(bytes.span)))"}}
            """
        }

        private static func piece(_ number: Int) -> Bytes {
            content[(number - 1) * size..<number * size]
        }

        private func message(_ body: String) -> String {
            if body.contains("last_by_subj"), body.contains(Self.inbox) {
                return Self.stored(stored, Self.inbox, Self.piece(stored))
            }
            guard let asked = body.firstMatch(of: /"seq":(\d+)/).flatMap({ Int($0.1) }) else {
                let info = """
                    {"name":"x","bucket":"B","nuid":"id","size":\(content.count),"chunks":5,\
                    "options":{"max_chunk_size":\(size)}}
                    """
                return Self.stored(6, "$O.B.M.eA==", Bytes(utf8: info))
            }
            guard asked <= stored else {
                return #"{"error":{"code":404,"err_code":10037,"description":"no message"}}"#
            }
            return Self.stored(asked, Self.inbox, Self.piece(asked))
        }

        /// Answers one frame.
        mutating func take(_ line: String, _ body: [UInt8], _ connection: ScriptedConnection) {
            let words = line.split(separator: " ").map(String.init)
            if words[0] == "SUB" {
                subscriptions.append((words[1], words[words.count - 1]))
                return
            }
            guard words[0] == "PUB", words.count == 4 else { return }
            let (subject, reply) = (words[1], words[2])
            let consumer = #""name":"c","stream_name":"OBJ_B","config":{"name":"c"}"#
            if subject.hasPrefix("$JS.API.STREAM.INFO.") {
                let info = #"{"config":{"name":"OBJ_B","subjects":["$O.B.>"]},"state":{}}"#
                send(Array(info.utf8), to: reply, connection)
            } else if subject.hasPrefix("$JS.API.STREAM.MSG.GET.") {
                send(
                    Array(message(String(decoding: body, as: UTF8.self)).utf8), to: reply,
                    connection)
                if catchesUp { deliver(replicated + 1...stored, connection) }
            } else if subject.hasPrefix("$JS.API.CONSUMER.CREATE.") {
                let cluster = catchesUp ? #","cluster":{"name":"c","leader":"n1"}"# : ""
                let made = "{\(consumer),\"num_pending\":\(replicated)\(cluster)}"
                send(Array(made.utf8), to: reply, connection)
            } else if subject.hasPrefix("$JS.API.CONSUMER.MSG.NEXT.") {
                let isFirst = pull.isEmpty
                pull = reply
                if isFirst || !catchesUp { deliver(1...max(1, replicated), connection) }
            }
        }

        private func deliver(_ numbers: ClosedRange<Int>, _ connection: ScriptedConnection) {
            for number in numbers where number <= stored && (catchesUp || number <= replicated) {
                let pending = numbers.upperBound - number
                send(
                    Array(Self.piece(number)), to: pull,
                    reply: "$JS.ACK.OBJ_B.c.1.\(number).\(number).1.\(pending)", connection)
            }
        }
    }

    /// What reading the object brings, or why it does not.
    private static func read(
        replicated: Int, stored: Int
    ) async throws -> (bytes: Bytes?, code: ErrorCode?) {
        let server = try ScriptedServer { connection, _ in
            guard connection.acceptNATS() != nil else { return }
            var cluster = Cluster(replicated: replicated, stored: stored)
            connection.serveNATS { cluster.take($0, $1, connection) }
        }
        return try await within {
            let client = try await NATSClient.connect(
                NATSClientOptions(servers: ["nats://127.0.0.1:\(server.port)"]))
            let store = try await client.jetStream.objectStore("B")
            var (bytes, code): (Bytes?, ErrorCode?)
            do throws(JetStreamError) {
                bytes = try await store.bytes(of: "x")
            } catch {
                code = error.code
            }
            await client.close()
            return (bytes, code)
        }
    }

    @Test(arguments: 0...5)
    func `what a replica does not have yet comes from the leader`(replicated: Int) async throws {
        let read = try await Self.read(replicated: replicated, stored: 5)
        #expect(read.bytes == Self.content && read.code == nil)
    }

    @Test(arguments: 0...3)
    func `what the leader does not have either is missing`(replicated: Int) async throws {
        let read = try await Self.read(replicated: replicated, stored: 3)
        #expect(read.bytes == nil && read.code == .truncated)
    }

    /// The replica says that nothing is pending before it has all.
    @Test(arguments: 1...4)
    func `a read in order waits for what the leader has`(replicated: Int) async throws {
        let server = try ScriptedServer { connection, _ in
            guard connection.acceptNATS() != nil else { return }
            var cluster = Cluster(replicated: replicated, stored: 5, catchesUp: true)
            connection.serveNATS { cluster.take($0, $1, connection) }
        }
        try await within {
            let client = try await NATSClient.connect(
                NATSClientOptions(servers: ["nats://127.0.0.1:\(server.port)"]))
            var options = OrderedReadOptions()
            (options.filters, options.follows) = (["$O.B.C.id"], false)
            var numbers: [UInt64] = []
            for try await message in client.jetStream.orderedMessages(in: "OBJ_B", options: options)
            {
                numbers.append(message.metadata.streamSequence)
            }
            #expect(numbers == [1, 2, 3, 4, 5])
            await client.close()
        }
    }
}
