import BridgeBytes
import BridgeConsole
import BridgeJSON
import TestKit
import Testing

/// Streams and consumers by the command line, against a real server.
@Suite("Stream commands", .needsNATSServer, .enabled(if: CommandRun.executable != nil))
struct StreamCommandTests {
    private func withShell(_ body: (ShellRun) async throws -> Void) async throws {
        try await NATSServerFixture.run { server in
            try await body(try ShellRun(server: server.url))
        }
    }

    @Test func `a stream is made, shown, changed and removed`() async throws {
        try await withShell { shell in
            let made = try await shell.run(
                """
                natsbridge stream add S --subjects 'a.*,b' --subjects c --max-age 1h --max-msgs 5 \
                --max-bytes 1MB --storage memory --retention work --discard new \
                --metadata owner=me --description 'of a test' --json
                """)
            #expect(made.status == 0, "\(made.errors)")
            let settings = try #require(try made.json().first?["config"])
            #expect(settings["subjects"] == ["a.*", "b", "c"])
            #expect(settings["max_age"]?.intValue == 3_600_000_000_000)
            #expect(settings["max_bytes"]?.intValue == 1_000_000)
            #expect(settings["storage"] == "memory" && settings["retention"] == "workqueue")
            #expect(settings["metadata"]?["owner"] == "me")
            // The same again is no error; another one of that name is.
            let other = try await shell.run("natsbridge stream add S --subjects d --json")
            #expect(other.status == 1)
            #expect(try other.json().first?["error"] == "stream_name_in_use")
            let edited = try await shell.run("natsbridge stream edit S --max-msgs -1 --json")
            #expect(try edited.json().first?["config"]?["max_msgs"]?.intValue == -1)
            #expect(try edited.json().first?["config"]?["max_age"]?.intValue == 3_600_000_000_000)
            // What info prints makes the same stream again.
            let copied = try await shell.run(
                """
                natsbridge stream info S --json > s.json && natsbridge stream rm S -f &&
                natsbridge stream create T --config s.json --subjects t --json
                """)
            let copy = try #require(try copied.json().first?["config"])
            #expect(copy["name"] == "T" && copy["subjects"] == ["t"])
            #expect(copy["description"] == "of a test")
            let gone = try await shell.run("natsbridge stream info S --json")
            #expect(gone.status == 4)
            #expect(try gone.json().first?["error"] == "stream_not_found")
        }
    }

    @Test func `messages are read, removed one by one, and purged`() async throws {
        try await withShell { shell in
            let sent = try await shell.run(
                """
                natsbridge stream add S --subjects 's.*'
                for n in 1 2 3 4; do natsbridge send s.$n a:text=$n --jetstream -H "N: $n"; done
                """)
            #expect(sent.status == 0, "\(sent.errors)")
            let two = try await shell.run("natsbridge stream get S 2 --json")
            let message = try #require(try two.json().first)
            #expect(message["subject"] == "s.2" && message["seq"]?.intValue == 2)
            #expect(message["headers"]?.arrayValue?.contains(["N", "2"]) == true)
            let envelope = try JSONValue(
                parsing: Bytes(utf8: message["data"]?.stringValue ?? ""))
            #expect(envelope["send_to"] == "s.2")
            let raw = try await shell.run("natsbridge stream get S --last-for s.3 --raw")
            #expect(try JSONValue(parsing: Bytes(utf8: raw.output))["send_to"] == "s.3")
            #expect(try await shell.run("natsbridge stream rm S 2 -f").status == 0)
            #expect(try await shell.run("natsbridge stream get S 2").status == 4)
            let purged = try await shell.run("natsbridge stream purge S --keep 1 -f --json")
            #expect(try purged.json().first?["purged"]?.intValue == 2)
            let state = try await shell.run("natsbridge stream ls --json")
            #expect(try state.json().first?["state"]?["messages"]?.intValue == 1)
        }
    }

    @Test func `what removes wants to be confirmed, and nothing goes without`() async throws {
        try await withShell { shell in
            try await shell.run("natsbridge stream add S && natsbridge consumer add S c")
            for line in ["stream rm S", "stream purge S", "consumer rm S c"] {
                let run = try await shell.run("natsbridge \(line)")
                #expect(run.status == 2 && run.errors.contains("--force"), "\(line)")
            }
            #expect(try await shell.run("natsbridge consumer info S c").status == 0)
        }
    }

    @Test(.enabled(if: Environment.executable(named: "script") != nil, "no `script`"))
    func `on a terminal a person is asked`() async throws {
        try await withShell { shell in
            try await shell.run("natsbridge stream add S")
            let line = "script -qec 'natsbridge stream rm S' /dev/null"
            let no = try await shell.run("echo n | \(line)")
            #expect(no.status == 130 && no.output.contains("remove stream S"), "\(no.output)")
            #expect(try await shell.run("natsbridge stream info S").status == 0)
            let yes = try await shell.run("echo y | \(line)")
            #expect(yes.status == 0, "\(yes.output)")
            #expect(try await shell.run("natsbridge stream info S").status == 4)
        }
    }

    @Test func `a consumer is made, paused, resumed and removed`() async throws {
        try await withShell { shell in
            let made = try await shell.run(
                """
                natsbridge stream add S --subjects 's.>'
                natsbridge consumer add S c --filter s.a --filter s.b --wait 90s --max-deliver 3 \
                --backoff 1s,5s --max-pending 7 --deliver new --json
                """)
            let lines = made.lines.filter { $0.hasPrefix("{") }
            let settings = try #require(
                try lines.first.map { try JSONValue(parsing: Bytes(utf8: $0)) }?["config"],
                "\(made.errors)")
            #expect(settings["filter_subjects"] == ["s.a", "s.b"])
            #expect(settings["max_deliver"]?.intValue == 3)
            #expect(settings["backoff"]?.arrayValue?.count == 2)
            #expect(settings["deliver_policy"] == "new")
            let last = try await shell.run("natsbridge consumer add S l --deliver subject --json")
            #expect(try last.json().first?["config"]?["filter_subject"] == ">", "\(last.errors)")
            let paused = try await shell.run("natsbridge consumer pause S c 1h --json")
            #expect(try paused.json().first?["paused"] == true)
            let list = try await shell.run("natsbridge consumer ls S")
            #expect(list.output.contains("c (paused)"))
            let resumed = try await shell.run("natsbridge consumer resume S c --json")
            #expect(try resumed.json().first?["paused"] == false)
            #expect(try await shell.run("natsbridge consumer rm S c -f").status == 0)
            let gone = try await shell.run("natsbridge consumer info S c --json")
            #expect(gone.status == 4)
            #expect(try gone.json().first?["error"] == "consumer_not_found")
        }
    }

    @Test func `tables fit the terminal they are for`() async throws {
        try await withShell { shell in
            let subjects = (1...12).map { "a.long.subject.\($0)" }.joined(separator: ",")
            try await shell.run("natsbridge stream add NAME --subjects \(subjects)")
            for width in [80, 200] {
                let list = try await shell.run("COLUMNS=\(width) natsbridge stream ls")
                #expect(list.lines.count == 3)
                #expect(list.lines.allSatisfy { DisplayWidth.of($0) <= width }, "\(list.output)")
                #expect(list.lines[2].contains("…"))
            }
        }
    }

    @Test(arguments: [
        "stream add S --storage disk", "stream add S --max-msgs 0", "stream add S --max-age 5",
        "stream add S --subjects 'a b'", "stream add S --metadata x", "stream get S",
        "stream get S 0", "stream get S 1 --last-for s", "stream rm S x -f",
        "stream purge S --seq 1 --keep 1 -f", "consumer add S c --deliver soon",
        "consumer add S c --backoff 1s,x", "consumer pause S c 0", "stream ls --js-domain a.b",
        "stream ls --progress", "kv put", "kv ls --filter a", "kv update b k v",
        "kv get b k --revision 0",
        "kv watch b --history --updates-only", "object get s o", "object get s o -o x --range 5",
        "object get s o -o x --range 5:5", "object put s -", "object link s x",
        "object get s o -o - --resume", "object get s o -o x --resume --range 1:2",
        "stream ls --js-domain a --js-api-prefix b", "replay S --since 1m --js-domain a.b",
        "object get s o -o x -q --progress bar",
        "reply s", "reply s a:text=x --echo", "reply s --echo --output a:text",
        "reply s --command x --output y",
    ]) func `what has no meaning is wrong usage`(_ line: String) async throws {
        let run = try await ShellRun(server: "nats://127.0.0.1:1").run("natsbridge \(line)")
        #expect(run.status == 2, "\(run.errors)")
        #expect(run.errors.split(separator: "\n").count == 1)
    }
}
