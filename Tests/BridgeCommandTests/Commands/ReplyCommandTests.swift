import BridgeBytes
import BridgeConsole
import BridgeJSON
import Foundation
import NATSBridge
import NATSCore
import TestKit
import Testing

/// `reply` and `request` on a real server.
@Suite("Reply command", .needsNATSServer, .enabled(if: CommandRun.executable != nil))
struct ReplyCommandTests {
    /// Lends a shell beside which one `reply` answers.
    private func answering(
        _ reply: String, _ body: (ShellRun, ChildProcess) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run { server in
            let shell = try ShellRun(server: server.url)
            let service = try await shell.start("natsbridge reply \(reply)")
            let line = try await service.log.first { $0.hasPrefix("listening on") }
            #expect(line != nil, "\(service.log.lines)")
            try await body(shell, service)
            try await service.stop()
        }
    }

    private func request(_ words: String, _ shell: ShellRun) async throws -> JSONValue {
        let run = try await shell.run("natsbridge request \(words) --json")
        #expect(run.status == 0, "\(run.errors)")
        return try #require(try run.json().first)
    }

    @Test func `fixed payloads, and the end after a count`() async throws {
        try await answering("q status:text=Running n:dictionary='{\"a\":1}' -n 2 --sender-name it")
        {
            shell, service in
            for id in ["one", "two"] {
                let answer = try await request("q x:text=1 --correlation-id \(id)", shell)
                let payloads = answer["payloads"]?.arrayValue
                #expect(payloads?.map { $0["value"] } == ["Running", ["a": 1]])
                #expect(answer["correlation_id"]?.stringValue == id)
                #expect(answer["sender_name"] == "it")
            }
            _ = try await service.log.first { _ in false }
            let late = try await shell.run("natsbridge request q x:text=1")
            #expect(late.status == 5)
        }
    }

    @Test func `a command's output, from the bytes and the names of the request`() async throws {
        let line = "'q.*' --command 'tr a-z A-Z; printf \" %s\" \"$NATSBRIDGE_SUBJECT\"'"
        try await answering(line) { shell, _ in
            let answer = try await request("q.x body:text=hello", shell)
            let payload = answer["payloads"]?.arrayValue?.first
            #expect(payload?["dataname"] == "output" && payload?["payload_type"] == "text")
            #expect(payload?["value"] == "HELLO q.x")
        }
    }

    @Test func `output of another name and type`() async throws {
        try await answering("q --command 'echo [1,2]' --output sum:dictionary") { shell, _ in
            let payload = try await request("q a:text=x", shell)["payloads"]?.arrayValue?.first
            #expect(payload?["dataname"] == "sum" && payload?["value"] == [1, 2])
        }
    }

    @Test func `a command that fails is answered with NACK, and the next is served`() async throws {
        let line = #"q --command 'read -r word; [ "$word" = good ] || { echo no >&2; exit 3; }'"#
        try await answering(line) { shell, service in
            let bad = try await request("q a:text=bad", shell)
            #expect(bad["msg_purpose"] == "NACK")
            let payload = bad["payloads"]?.arrayValue?.first
            #expect(payload?["dataname"] == "error")
            #expect(payload?["value"] == "the command ended with 3: no")
            let good = try await request("q a:text=$'good\\n'", shell)
            #expect(good["msg_purpose"] == "chat")
            #expect(service.log.lines.contains { $0.contains("(command_failed)") })
        }
    }

    @Test func `what a command leaves running holds nobody up`() async throws {
        try await answering("q --command 'sleep 600 & echo started $!'") { shell, _ in
            for _ in 0..<2 {
                let payload = try await request("q a:text=x", shell)["payloads"]?.arrayValue?.first
                let words = payload?["value"]?.stringValue?.split(whereSeparator: \.isWhitespace)
                #expect(words?.first == "started")
                if let number = words?.last { _ = try await shell.run("kill \(number)") }
            }
        }
    }

    /// From a peer that knows no envelope, and from one whose bytes cannot be had.
    @Test func `what cannot be read is answered with NACK`() async throws {
        try await answering("q --command 'wc -c'") { shell, _ in
            let client = try await NATSClient.connect(NATSClientOptions(servers: [shell.server]))
            for body in ["garbage", "", #"{"a":1}"#] {
                let answer = try await client.request(Bytes(utf8: body), to: "q")
                let envelope = try JSONValue(parsing: answer.payload)
                #expect(envelope["msg_purpose"] == "NACK", "\(body)")
                #expect(envelope["payloads"]?.arrayValue?.first?["dataname"] == "error")
            }
            let link = PeerEnvelope.payload("binary", "", link: "http://127.0.0.2:9/f/x")
            let answer = try await client.request(
                Bytes(utf8: PeerEnvelope.text(link)), to: "q", timeout: patience)
            let envelope = try JSONValue(parsing: answer.payload)
            #expect(envelope["msg_purpose"] == "NACK")
            await client.close()
        }
    }

    @Test func `an echo has the request's own payloads`() async throws {
        try await answering("q --echo") { shell, _ in
            let answer = try await request("q a:text=x b:binary=yz c:dictionary='[1]'", shell)
            let payloads = answer["payloads"]?.arrayValue
            #expect(payloads?.map { $0["dataname"] } == ["a", "b", "c"])
            #expect(payloads?.map { $0["value"] } == ["x", "eXo=", [1]])
        }
    }

    @Test func `a service manager's signal ends it with 0`() async throws {
        try await NATSServerFixture.run { server in
            let shell = try ShellRun(server: server.url)
            let run = try await shell.run(
                """
                natsbridge reply q a:text=x 2>err & pid=$!
                until grep -q listening err 2>/dev/null; do :; done
                kill -TERM $pid; wait $pid; echo $?
                """)
            #expect(run.lines.last == "0")
        }
    }

    @Test func `those who have asked are answered before it ends`() async throws {
        try await NATSServerFixture.run { server in
            let shell = try ShellRun(server: server.url)
            #expect(try await shell.run("mkfifo gate").status == 0)
            // Each answer waits for somebody to open the gate.
            let service = try await shell.start(
                "natsbridge reply q --command 'cat gate; tr a-z A-Z'")
            _ = try await service.log.first { $0.hasPrefix("listening on") }
            let bridge = try await Bridge.connect(server.url)
            let answers = Task {
                try await withThrowingTaskGroup(of: String?.self) { group in
                    for text in ["a", "b", "c"] {
                        group.addTask {
                            let answer = try await bridge.request(
                                [Payload("x", .text(text))], to: "q", timeout: patience)
                            return answer.payloads.first?.value.flatMap {
                                if case .text(let text) = $0 { text } else { nil }
                            }
                        }
                    }
                    return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
                }
            }
            // All three are on their way to it before it is told to end.
            _ = await Pace.until(patience) { bridge.client.statistics.sentMessages >= 3 }
            try await bridge.client.flush()
            // The first one is printed before its answer is made.
            _ = try await service.log.first { $0.contains("x") && !$0.hasPrefix("listening") }
            service.signal(SIGTERM)
            for _ in 0..<3 { #expect(try await shell.run("echo > gate").status == 0) }
            #expect(try await answers.value == ["\nA", "\nB", "\nC"])
            _ = try await service.log.first { _ in false }
            let late = try await shell.run("natsbridge request q x:text=1")
            #expect(late.status == 5)
            await bridge.close()
        }
    }
}
