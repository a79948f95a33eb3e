import BridgeBytes
import BridgeConsole
import BridgeJSON
import Foundation
import TestKit
import Testing

/// Keys and objects by the command line; what it writes, and what it reads, is an independent
/// client's (nats-py) as well.
@Suite("Key and object commands", .needsNATSServer, .enabled(if: CommandRun.executable != nil))
struct KeyCommandTests {
    private func withShell(_ body: (ShellRun) async throws -> Void) async throws {
        try await NATSServerFixture.run { server in
            try await body(try ShellRun(server: server.url))
        }
    }

    @Test func `a key's life`() async throws {
        try await withShell { shell in
            let run = try await shell.run(
                """
                natsbridge kv add b --history 5 --json >/dev/null || exit 1
                natsbridge kv put b k one --json; printf two | natsbridge kv put b k --json
                natsbridge kv update b k three --revision 2 --json
                natsbridge kv get b k --json
                """)
            let lines = try run.json()
            #expect(lines.prefix(3).map { $0["revision"]?.intValue } == [1, 2, 3])
            #expect(lines.last?["value"] == "three" && lines.last?["operation"] == "PUT")
            #expect(try await shell.run("natsbridge kv get b k --raw --revision 2").output == "two")
            let late = try await shell.run("natsbridge kv update b k x --revision 2 --json")
            #expect(late.status == 6)
            #expect(try late.json().first?["error"] == "condition_failed")
            let taken = try await shell.run("natsbridge kv create b k x --json")
            #expect(taken.status == 6)
            #expect(try taken.json().first?["error"] == "key_exists")
            #expect(try await shell.run("natsbridge kv del b k").status == 2)
            #expect(try await shell.run("natsbridge kv del b k -f").status == 0)
            #expect(try await shell.run("natsbridge kv get b k").status == 4)
            let history = try await shell.run("natsbridge kv history b k --json").json()
            #expect(history.map { $0["operation"] } == ["PUT", "PUT", "PUT", "DEL"])
            #expect(try await shell.run("natsbridge kv keys b").output.isEmpty)
            #expect(try await shell.run("natsbridge kv purge b k -f").status == 0)
            let rest = try await shell.run("natsbridge kv history b k --json").json()
            #expect(rest.map { $0["operation"] } == ["PURGE"])
            let status = try await shell.run("natsbridge kv status b --json").json().first
            #expect(status?["history"]?.intValue == 5)
            #expect(try await shell.run("natsbridge kv del b -f").status == 0)
            let gone = try await shell.run("natsbridge kv info b --json")
            #expect(gone.status == 4)
            #expect(try gone.json().first?["error"] == "bucket_not_found")
        }
    }

    @Test func `a watch tells what is there and what comes`() async throws {
        try await withShell { shell in
            try await shell.run("natsbridge kv add b && natsbridge kv put b k old")
            let watch = try await shell.start("natsbridge kv watch b -n 3 --json")
            _ = try await watch.log.first { $0 == "watching b" }
            try await shell.run("natsbridge kv put b k new && natsbridge kv del b k -f")
            _ = try await watch.log.first { _ in false }
            let lines = watch.log.lines.filter { $0.hasPrefix("{") }.compactMap {
                try? JSONValue(parsing: Bytes(utf8: $0))
            }
            #expect(lines.map { $0["operation"] } == ["PUT", "PUT", "DEL"])
            #expect(lines.map { $0["value"] } == ["old", "new", nil])
            let quiet = try await shell.run("natsbridge kv watch b --timeout 2s --updates-only")
            #expect(quiet.status == 0 && quiet.output.isEmpty)
        }
    }

    @Test func `a watch tells that changes may be missing after a lost connection`() async throws {
        try await NATSServerFixture.run { server in
            let proxy = try FaultProxy(to: server.port, host: server.host)
            let direct = try ShellRun(server: server.url)
            try await direct.run("natsbridge kv add b")
            let shell = try ShellRun(server: proxy.url)
            let watch = try await shell.start("natsbridge kv watch b -n 1 --json")
            _ = try await watch.log.first { $0 == "watching b" }
            proxy.end(.reset)
            let told = try await watch.log.first { $0.contains("are not shown") }
            #expect(told?.text.contains("changes that were overwritten meanwhile") == true)
            try await direct.run("natsbridge kv put b k new")
            let change = try await watch.log.first { $0.hasPrefix("{") }
            #expect(change?.text.contains(#""value":"new""#) == true)
        }
    }

    @Test func `a source that fails while it is read is told in words`() async throws {
        try await withShell { shell in
            try await shell.run("natsbridge object add s")
            // Its first bytes are not mapped, and reading them fails.
            let run = try await shell.run("natsbridge object put s /proc/self/mem --name x")
            #expect(run.status == 1, "\(run.errors)")
            #expect(
                run.errors.hasPrefix("natsbridge: object put /proc/self/mem: ")
                    && run.errors.contains("input/output error"), "\(run.errors)")
            #expect(run.errors.split(separator: "\n").count == 1)
            #expect(try await shell.run("natsbridge object info s x").status == 4)
        }
    }

    @Test func `an object goes in and comes out, whole or in part`() async throws {
        try await withShell { shell in
            var generator = SeededGenerator("object commands")
            try Data(generator.bytes(1_500_000)).write(
                to: URL(fileURLWithPath: shell.folder.file("in")))
            let run = try await shell.run(
                """
                natsbridge object add s && natsbridge object put s in --name x --progress json &&
                natsbridge object get s x -o out --progress=json && cmp in out &&
                natsbridge object get s x -o - | cmp - in &&
                natsbridge object get s x -o part --range 1MB: && tail -c 500000 in | cmp - part &&
                natsbridge object get s x -o - --range 10:20 | wc -c
                """)
            #expect(run.status == 0, "\(run.output) \(run.errors)")
            #expect(run.lines.last == "10")
            let progress = run.errors.split(separator: "\n").compactMap {
                try? JSONValue(parsing: Bytes(utf8: String($0)))
            }
            #expect(
                progress.contains { $0["progress"] == "storing" && $0["percent"]?.intValue == 100 })
            #expect(
                progress.contains { $0["progress"] == "fetching" && $0["percent"]?.intValue == 100 }
            )
            let info = try await shell.run("natsbridge object info s x --json").json().first
            #expect(info?["size"]?.intValue == 1_500_000)
            let none = try await shell.run("natsbridge object get s none -o kept --json")
            #expect(none.status == 4)
            #expect(!FileManager.default.fileExists(atPath: shell.folder.file("kept")))
            #expect(try await shell.run("natsbridge object rm s x -f").status == 0)
            #expect(try await shell.run("natsbridge object info s x").status == 4)
            #expect(try await shell.run("natsbridge object rm s -f").status == 0)
            #expect(try await shell.run("natsbridge object ls s").status == 4)
        }
    }

    @Test func `an object is watched, linked to, and fetched in two attempts`() async throws {
        try await withShell { shell in
            var generator = SeededGenerator("object watch")
            let content = Data(generator.bytes(700_000))
            try content.write(to: URL(fileURLWithPath: shell.folder.file("in")))
            try await shell.run("natsbridge object add s && natsbridge object put s in --name old")
            let watch = try await shell.start("natsbridge object watch s -n 4 --json")
            _ = try await watch.log.first { $0 == "watching s" }
            let link = try await shell.run(
                "natsbridge object put s in --name x >/dev/null &&"
                    + " natsbridge object link s newest x --json")
            #expect(try link.json().first?["link"] == ["store": "s", "object": "x"])
            try await shell.run("natsbridge object rm s old -f")
            _ = try await watch.log.first { _ in false }
            let lines = watch.log.lines.filter { $0.hasPrefix("{") }.compactMap {
                try? JSONValue(parsing: Bytes(utf8: $0))
            }
            #expect(lines.map { $0["operation"] } == ["PUT", "PUT", "PUT", "DEL"])
            #expect(lines.map { $0["object"] } == ["old", "x", "newest", "old"])
            let get = try await shell.run(
                "natsbridge object get s newest -o out --resume && cmp in out && ls")
            #expect(get.status == 0, "\(get.errors)")
            #expect(!get.output.contains("partial"))
            let store = try await shell.run(
                "natsbridge object link s all --target-store s && natsbridge object ls s")
            #expect(store.status == 0 && store.output.contains("all"))
            let none = try await shell.run("natsbridge object link s y none --json")
            #expect(none.status == 4)
            #expect(try none.json().first?["error"] == "object_not_found")
        }
    }

    /// Reads what we have written and writes what we shall read.
    private static let foreigner = """
        import asyncio, os, sys, nats
        async def main():
            client = await nats.connect(os.environ["NATS_URL"])
            js = client.jetstream()
            kv = await js.key_value("b")
            entry = await kv.get("ours")
            print(entry.value.decode(), entry.revision)
            await kv.put("theirs", b"from python")
            store = await js.object_store("s")
            print(len((await store.get("ours")).data))
            await store.put("theirs", b"y" * 300000)
            info = await js.stream_info("T")
            print(info.config.subjects, info.config.max_age, info.config.max_msgs)
            consumer = await js.consumer_info("T", "c")
            print(consumer.config.ack_wait, consumer.config.max_deliver)
            await client.close()
        asyncio.run(main())
        """

    @Test(.needsPythonPeer) func `another client sees the same`() async throws {
        let python = try #require(PythonPeer.interpreter)
        try await withShell { shell in
            try Self.foreigner.write(
                toFile: shell.folder.file("foreigner.py"), atomically: true, encoding: .utf8)
            let run = try await shell.run(
                """
                set -e
                head -c 200000 /dev/zero > zeros
                exec 3>&1 >/dev/null
                natsbridge kv add b; natsbridge kv put b ours 'a value'
                natsbridge object add s; natsbridge object put s zeros --name ours
                natsbridge stream add T --subjects t.1,t.2 --max-age 90s --max-msgs 8
                natsbridge consumer add T c --wait 12s --max-deliver 4
                exec >&3
                '\(python)' foreigner.py
                natsbridge kv get b theirs --raw; echo
                natsbridge object get s theirs -o - | tr -d y | wc -c
                natsbridge object info s theirs --json
                """)
            #expect(run.status == 0, "\(run.errors)")
            try #require(run.lines.count == 7)
            #expect(
                run.lines.prefix(6) == [
                    "a value 1", "200000", "['t.1', 't.2'] 90.0 8", "12.0 4", "from python", "0",
                ])
            #expect(run.lines[6].contains("\"size\":300000"))
        }
    }
}
