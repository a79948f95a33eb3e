internal import NATSCore
internal import NATSJetStream
internal import TestKit
internal import Testing

/// When questions of flow control are answered, by a scripted server.
@Suite struct PushFlowTests {
    private static let consumer = """
        {"name":"pushed","stream_name":"S","config":{"name":"pushed",\
        "deliver_subject":"deliver.here","ack_policy":"none"}}
        """

    /// Two messages, a question, and one more, as they come with one read.
    private static func deliveries(_ sid: Substring) -> String {
        func message(_ number: Int) -> String {
            "MSG deliver.here \(sid) $JS.ACK.S.pushed.1.\(number).\(number).1.0 1\r\n\(number)\r\n"
        }
        let head = "NATS/1.0 100 FlowControl Request\r\n\r\n"
        let count = head.utf8.count
        return message(1) + message(2)
            + "HMSG deliver.here \(sid) $JS.FC.S.pushed.one \(count) \(count)\r\n\(head)\r\n"
            + message(3)
    }

    /// A loop that is slow does not hold up the server: a question is answered when it is read,
    /// though messages before it are not handed out.
    @Test func `a question behind messages that wait is answered at once`() async throws {
        let (answers, answer) = AsyncStream.makeStream(of: String.self)
        let server = try ScriptedServer { connection, _ in
            guard connection.acceptNATS() != nil else { return }
            var inbox: Substring = "1"
            connection.serveNATS { line, _ in
                let words = line.split(separator: " ")
                if words[0] == "SUB", words[1] == "deliver.here" {
                    connection.send(Self.deliveries(words[words.count - 1]))
                } else if words[0] == "SUB" {
                    inbox = words[words.count - 1]
                } else if words[0] == "PUB", words[1].hasPrefix("$JS.API.CONSUMER.INFO.") {
                    let text = Self.consumer
                    connection.send("MSG \(words[2]) \(inbox) \(text.utf8.count)\r\n\(text)\r\n")
                } else if words[0] == "PUB" {
                    answer.yield(String(words[1]))
                }
            }
        }
        try await within {
            let client = try await NATSClient.connect(
                NATSClientOptions(servers: ["nats://127.0.0.1:\(server.port)"]))
            let consumer = try await client.jetStream.pushConsumer("pushed", on: "S")
            let loop = try consumer.messages()
            // The server has sent all of it before it answers.
            try await client.flush()
            var messages = loop.makeAsyncIterator()
            #expect(try await messages.next()?.text == "1")
            var answered = answers.makeAsyncIterator()
            #expect(await answered.next() == "$JS.FC.S.pushed.one")
            #expect(try await messages.next()?.text == "2")
            #expect(try await messages.next()?.text == "3")
            await client.close()
        }
    }
}
