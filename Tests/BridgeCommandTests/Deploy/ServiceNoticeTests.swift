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
            stdout=subprocess.PIPE)
        print(listener.recv(1000).decode().split("\\n"))
        print(child.stdout.readline().decode().strip() != "")
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
        try #require(run.lines.count == 4)
        #expect(run.lines[0].hasPrefix("['READY=1', 'STATUS=files at http://"))
        #expect(run.lines[1] == "True")
        #expect(run.lines[2].hasPrefix("['STOPPING=1', "))
        #expect(run.lines[3] == "0")
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
