import BridgeBytes
import BridgeConsole
import Foundation
import TestKit
import Testing

/// What `serve` tells a service manager: a stand-in for systemd, in Python, listens.
@Suite("Service notice", .needsPythonPeer, .enabled(if: CommandRun.executable != nil))
struct ServiceNoticeTests {
    private static let manager = """
        import os, signal, socket, subprocess, sys
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.settimeout(60)
        name = sys.argv[1]
        listener.bind("\\0" + name[1:] if name[0] == "@" else name)
        environment = dict(os.environ, NOTIFY_SOCKET=name)
        child = subprocess.Popen(
            ["natsbridge", "serve", "--port", "0", "--directory", "files"], env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        print(listener.recv(1000).decode().split("\\n"))
        print(child.stdout.readline().decode().strip() != "")
        child.send_signal(signal.SIGHUP)
        print(child.stderr.readline().decode().strip())
        child.send_signal(signal.SIGTERM)
        print(listener.recv(1000).decode().split("\\n"))
        print(child.wait())
        """

    @Test(arguments: ["file", "abstract"])
    func `it takes uploads, it ends, and both are said`(_ kind: String) async throws {
        let python = try #require(PythonPeer.interpreter)
        let shell = try ShellRun(server: "")
        try Self.manager.write(
            toFile: shell.folder.file("manager.py"), atomically: true, encoding: .utf8)
        let place = shell.folder.file("notice")
        let name = kind == "file" ? place : "@\(place)"
        let run = try await shell.run("'\(python)' manager.py '\(name)'")
        #expect(run.status == 0, "\(run.errors)")
        try #require(run.lines.count == 5)
        #expect(run.lines[0].hasPrefix("['READY=1', 'STATUS=files at http://"))
        #expect(run.lines[1] == "True")
        // A reload without certificates: it says so, and goes on.
        #expect(run.lines[2] == "natsbridge: there are no certificates to read again")
        #expect(run.lines[3].hasPrefix("['STOPPING=1', "))
        #expect(run.lines[4] == "0")
    }

    private static let opener = """
        import os, signal, socket, subprocess, sys, urllib.request
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        if listener.fileno() == 3:
            os.set_inheritable(3, True)
        else:
            os.dup2(listener.fileno(), 3, inheritable=True)
        words = sys.argv[2:]
        line = "exec env LISTEN_PID=$$ LISTEN_FDS=%s natsbridge serve --directory files %s"
        child = subprocess.Popen(
            ["/bin/sh", "-c", line % (sys.argv[1], " ".join(words))], close_fds=False,
            stdout=subprocess.PIPE)
        # Connections wait from the beginning, whether or not anybody accepts them yet.
        if not words and sys.argv[1] == "1":
            answer = urllib.request.urlopen("http://127.0.0.1:%d/healthz" % port, timeout=20)
            print(answer.status, answer.headers["Server"])
            print(child.stdout.readline().decode().strip() == "http://127.0.0.1:%d" % port)
            child.send_signal(signal.SIGTERM)
        print(child.wait())
        """

    @Test(arguments: [
        ("1", ["200 natsbridge/\(LibraryVersion.current)", "True", "0"]), ("2", ["2"]),
        ("1 --port 0", ["2"]),
    ])
    func `a socket that was opened before is served at`(
        _ words: String, _ expected: [String]
    ) async throws {
        let python = try #require(PythonPeer.interpreter)
        let shell = try ShellRun(server: "")
        try TestFile.write(Self.opener, to: shell.folder.file("opener.py"))
        let run = try await shell.run("'\(python)' opener.py \(words)")
        #expect(run.lines == expected, "\(run.errors)")
    }

    @Test func `what is not meant for it, or does not listen, is left alone`() async throws {
        let shell = try ShellRun(server: "")
        let other = try await shell.start(
            "env LISTEN_PID=1 LISTEN_FDS=1 natsbridge serve --port 0 --directory files")
        #expect(try await other.log.first { $0.hasPrefix("http://") } != nil)
        try await other.stop()
        let run = try await shell.run(
            "exec 3</dev/null; LISTEN_FDS=1 sh -c 'LISTEN_PID=$$ exec natsbridge serve'")
        #expect(run.status == 2)
        #expect(run.errors.contains("no TCP socket that listens"))
    }

    @Test func `nobody listens, and nothing else changes`() async throws {
        let shell = try ShellRun(server: "")
        for name in ["/nowhere/notice", "relative", "", "@", String(repeating: "/x", count: 200)] {
            let process = try await shell.start(
                "env NOTIFY_SOCKET='\(name)' natsbridge serve --port 0 --directory files")
            let line = try await process.log.first { $0.hasPrefix("http://") }
            #expect(line != nil, "\(name): \(process.log.lines)")
            try await process.stop()
        }
    }
}
