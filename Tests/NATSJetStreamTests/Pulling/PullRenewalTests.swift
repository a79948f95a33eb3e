internal import NATSCore
internal import NATSJetStream
internal import TestKit
internal import Testing

/// A request that counts as lost, by a scripted server that answers the second one.
@Suite struct PullRenewalTests {
    private static let consumer =
        #"{"name":"c","stream_name":"S","config":{"name":"c","ack_policy":"explicit"}}"#

    private static func send(
        _ text: String, to place: (subject: Substring, sid: Substring), reply: String,
        _ connection: ScriptedConnection
    ) {
        connection.send(
            "MSG \(place.subject) \(place.sid) \(reply)\(text.utf8.count)\r\n\(text)\r\n")
    }

    /// What the first request still brings must not count against the second one.
    @Test func `what comes to a lost request is not taken for an answer to the next one`()
        async throws
    {
        let server = try ScriptedServer { connection, _ in
            guard connection.acceptNATS() != nil else { return }
            var numbers: [Substring: Substring] = [:]
            var pulls: [Substring] = []
            connection.serveNATS { line, _ in
                let words = line.split(separator: " ")
                if words[0] == "SUB" { numbers[words[1]] = words[words.count - 1] }
                guard words[0] == "PUB", words.count == 4 else { return }
                let (subject, reply) = (words[1], words[2])
                if subject.hasPrefix("$JS.API.CONSUMER.INFO.") {
                    let shared = numbers.first { $0.key.hasSuffix(".*") }
                    Self.send(
                        Self.consumer, to: (reply, shared?.value ?? "1"), reply: "", connection)
                } else if subject.hasPrefix("$JS.API.CONSUMER.MSG.NEXT.") {
                    pulls.append(reply)
                    guard pulls.count == 2 else { return }
                    for (number, pull) in pulls.enumerated() {
                        Self.send(
                            "\(number + 1)", to: (pull, numbers[pull] ?? "0"),
                            reply: "$JS.ACK.S.c.1.\(number + 1).\(number + 1).1.0 ", connection)
                    }
                }
            }
        }
        try await within {
            let client = try await NATSClient.connect(
                NATSClientOptions(servers: ["nats://127.0.0.1:\(server.port)"]))
            let consumer = try await client.jetStream.consumer("c", on: "S")
            var messages = consumer.messages(expires: .milliseconds(100)).makeAsyncIterator()
            #expect(try await messages.next()?.text == "2")
            await client.close()
        }
    }
}
