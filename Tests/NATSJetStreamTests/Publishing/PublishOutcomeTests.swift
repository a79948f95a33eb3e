import BridgeBytes
import NATSCore
import NATSJetStream
import NATSWire
import Synchronization
import TestKit
import Testing

/// What is known of a message whose publish to a stream failed, by what a scripted server answers.
@Suite struct PublishOutcomeTests {
    private static let stored = #"{"stream":"S","seq":7}"#

    /// Answers the n-th publish with the n-th text, and with nothing where there is none.
    private static func run<Result>(
        _ answers: [String], _ told: @escaping @Sendable (String) -> Void = { _ in },
        _ body: (JetStream) async throws -> Result
    ) async throws -> Result {
        let server = try ScriptedServer { connection, _ in
            guard connection.acceptNATS() != nil else { return }
            var number = 0
            connection.serveNATS { line, _ in
                guard line.hasPrefix("HPUB "),
                    let reply = line.split(separator: " ").dropFirst(2).first
                else { return }
                told(String(reply))
                let answer = number < answers.count ? answers[number] : ""
                number += 1
                guard !answer.isEmpty else { return }
                connection.send("MSG \(reply) 1 \(answer.utf8.count)\r\n\(answer)\r\n")
            }
        }
        let client = try await NATSClient.connect(
            NATSClientOptions(servers: ["nats://127.0.0.1:\(server.port)"]))
        let result = try await body(JetStream(client: client))
        await client.close()
        return result
    }

    private static func failure(_ answer: String) async throws -> JetStreamError? {
        try await run([answer]) { jetStream in
            do throws(JetStreamError) {
                try await jetStream.publish([], to: "s", options: PublishOptions(messageID: "m"))
                return nil
            } catch {
                return error
            }
        }
    }

    @Test(arguments: [
        (
            #"{"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"}}"#,
            ErrorCode.storageFull
        ),
        (#"{"error":{"code":400,"err_code":10054,"description":"too large"}}"#, .tooLarge),
        (#"{"error":{"code":503,"err_code":10076}}"#, .jetStreamDisabled),
    ])
    func `an answer with an error says that nothing was stored`(
        answer: String, code: ErrorCode
    ) async throws {
        let error = try await Self.failure(answer)
        #expect(error?.code == code && error?.outcome == .denied)
    }

    @Test(arguments: [
        "not json", "{}", #"{"seq":1}"#, #"{"stream":"S"}"#, #"{"stream":"S","seq":0}"#,
    ])
    func `an answer that is none of a stream's says nothing`(answer: String) async throws {
        let error = try await Self.failure(answer)
        #expect(error?.code == .unexpectedAnswer && error?.outcome == .unknown)
    }

    @Test func `a service's error is no stream's word, whatever its body says`() async throws {
        let head = "NATS/1.0\r\nNats-Service-Error: no\r\n\r\n"
        let server = try ScriptedServer { connection, _ in
            guard connection.acceptNATS() != nil else { return }
            connection.serveNATS { line, _ in
                guard line.hasPrefix("PUB "),
                    let reply = line.split(separator: " ").dropFirst(2).first
                else { return }
                let size = head.utf8.count
                connection.send(
                    "HMSG \(reply) 1 \(size) \(size + Self.stored.utf8.count)\r\n\(head)"
                        + "\(Self.stored)\r\n")
            }
        }
        let client = try await NATSClient.connect(
            NATSClientOptions(servers: ["nats://127.0.0.1:\(server.port)"]))
        await #expect {
            try await JetStream(client: client).publish([], to: "s")
        } throws: { error in
            let error = error as? JetStreamError
            return error?.code == .unexpectedAnswer && error?.outcome == .unknown
        }
        await client.close()
    }

    @Test func `an answer to an earlier attempt, which comes late, is heard`() async throws {
        let replies = Mutex<[String]>([])
        let note: @Sendable (String) -> Void = { reply in replies.withLock { $0.append(reply) } }
        let ack = try await Self.run(["", Self.stored], note) { jetStream in
            let ticket = jetStream.client.newRequest()
            let options = PublishOptions(messageID: "m")
            do throws(JetStreamError) {
                _ = try await jetStream.publish(
                    [], to: "s", options: options, ticket: ticket, timeout: .milliseconds(20))
                Issue.record("answered")
            } catch {
                #expect(error.code == .timeout && error.outcome == .unknown)
            }
            return try await jetStream.publish(
                [], to: "s", options: options, ticket: ticket, timeout: patience)
        }
        #expect(ack.sequence == 7)
        // Both attempts wait at one inbox.
        #expect(replies.withLock { $0.count } == 2 && Set(replies.withLock { $0 }).count == 1)
    }

    /// A node whose cluster has no majority: JetStream is there and says nothing.
    @Test(.needsNATSServer) func `a cluster without a leader is no missing stream`() async throws {
        let lonely = """
            server_name: n1
            cluster {
              name: c, listen: "127.0.0.1:-1"
              routes: ["nats://127.0.0.1:1", "nats://127.0.0.1:2"]
            }
            """
        try await JetStreamStage.run(config: lonely) { jetStream in
            do throws(JetStreamError) {
                try await jetStream.publish("x", to: "s.x")
                Issue.record("nobody can have stored it")
            } catch {
                #expect(error.code == .unavailable && error.isTransient, "\(error)")
                #expect(error.outcome == .denied)
            }
        }
    }
}
