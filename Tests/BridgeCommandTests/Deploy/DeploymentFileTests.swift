import BridgeBytes
import BridgeCommand
import BridgeConsole
import BridgeJSON
import Foundation
import TestKit
import Testing

/// The files of docs/deploy say what their tools, and our own option tables, accept.
@Suite("Deployment files")
struct DeploymentFileTests {
    private static let systemd = Environment.executable(named: "systemd-analyze")

    private func text(_ name: String) throws -> String {
        try String(contentsOfFile: PackageRoot.file("docs/deploy/\(name)"), encoding: .utf8)
    }

    /// Whether a command line's words are ones that the program takes.
    private func parse(_ words: [String]) throws -> ParsedArguments {
        let (command, rest) = try Command.find(words, among: Command.all)
        return try OptionParser.parse(rest, for: command.specification)
    }

    @Test func `the unit starts the program, and waits for as long as it may take`() throws {
        let unit = try text("natsbridge-serve.service")
        let line = try #require(unit.firstMatch(of: /ExecStart=\/usr\/bin\/natsbridge (.*)/)?.1)
        let words = line.split(separator: " ").map(String.init).filter { $0 != "$ARGUMENTS" }
        let arguments = try parse(words)
        #expect(arguments.command.path == ["serve"])
        let grace = try #require(
            arguments.command.options.first { $0.name == "--grace" }?.summary
                .firstMatch(of: /default (\d+)s/)?.1)
        let stop = try #require(unit.firstMatch(of: /TimeoutStopSec=(\d+)/)?.1)
        #expect(Int(stop) ?? 0 > Int(grace) ?? .max)
    }

    @Test(.enabled(if: systemd != nil, "no systemd-analyze"))
    func `systemd reads the units and finds the service hardened`() async throws {
        // What it names is not installed here.
        let unit = try text("natsbridge-serve.service")
            .replacing("/usr/bin/natsbridge", with: "/bin/true")
            .replacing("Documentation=man:natsbridge(1)\n", with: "")
        let shell = try ShellRun(server: "")
        try unit.write(
            toFile: shell.folder.file("natsbridge-serve.service"), atomically: true,
            encoding: .utf8)
        try text("natsbridge-serve.socket").write(
            toFile: shell.folder.file("natsbridge-serve.socket"), atomically: true,
            encoding: .utf8)
        let verified = try await shell.run(
            "systemd-analyze verify --man=no ./natsbridge-serve.service ./natsbridge-serve.socket")
        #expect(verified.status == 0 && verified.errors.isEmpty, "\(verified.errors)")
        let level = try await shell.run(
            """
            systemd-analyze security --offline=true --no-pager --threshold=20 \
            ./natsbridge-serve.service | tail -1
            """)
        let exposure = try #require(level.output.firstMatch(of: /service: ([0-9.]+)/)?.1)
        #expect(Double(exposure) ?? 10 <= 2, "\(level.output)")
    }

    /// A file of YAML, each of its documents as JSON.
    private func documents(_ name: String) async throws -> [JSONValue] {
        let python = try #require(PythonPeer.interpreter)
        let path = PackageRoot.file("docs/deploy/\(name)")
        let run = try await ShellRun(server: "").run(
            """
            '\(python)' -c 'import json, sys, yaml
            for part in yaml.safe_load_all(open(sys.argv[1])): print(json.dumps(part))' '\(path)'
            """)
        #expect(run.status == 0, "\(run.errors)")
        return try run.json()
    }

    @Test(.needsPythonPeer) func `compose starts servers and bridges by words that we have`()
        async throws
    {
        let file = try await documents("compose.yaml")
        let services = try #require(file.first?["services"]?.objectValue)
        #expect(Set(services.map { $0.0 }) == ["nats", "files", "answers", "asks"])
        for (name, service) in services {
            for needed in service["depends_on"]?.arrayValue ?? [] {
                #expect(services[needed.stringValue ?? ""] != nil, "\(name)")
            }
            guard name != "nats" else { continue }
            let words = try #require(service["command"]?.arrayValue).compactMap(\.stringValue)
            #expect(throws: Never.self, "\(name)") { try parse(words) }
            let file = try #require(service["build"]?["dockerfile"]?.stringValue)
            #expect(FileManager.default.fileExists(atPath: PackageRoot.file(file)))
        }
    }

    @Test func `the image starts the program by words that we have, from folders that are there`()
        throws
    {
        let file = try text("Dockerfile")
        let command = try #require(file.firstMatch(of: /CMD (\[.*\])/)?.1)
        let words = try JSONValue(parsing: Bytes(utf8: String(command))).arrayValue ?? []
        #expect(throws: Never.self) { try parse(words.compactMap(\.stringValue)) }
        let copied = file.matches(of: #/\nCOPY (\w\S*) /#).map { String($0.1) }
        #expect(copied.contains("Sources"))
        for name in copied {
            #expect(FileManager.default.fileExists(atPath: PackageRoot.file(name)), "\(name)")
        }
        // Nothing else goes to whoever builds it.
        let sent = try TestFile.text(PackageRoot.file(".dockerignore")).split(separator: "\n")
        #expect(sent.contains("*"))
        #expect(
            Set(sent.filter { $0.hasPrefix("!") }.map { $0.dropFirst() })
                == Set(copied.map { $0[...] }))
    }

    @Test(.needsPythonPeer) func `Kubernetes' own schemas take the manifests`() async throws {
        let python = try #require(PythonPeer.interpreter)
        let programs = URL(fileURLWithPath: python).deletingLastPathComponent().path
        let folder = PackageRoot.file("docs/deploy/kubernetes")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(!files.isEmpty)
        for file in files {
            let run = try await ShellRun(server: "").run(
                """
                '\(programs)/kubernetes-validate' --strict '\(folder)/\(file)'
                """)
            #expect(run.status == 0, "\(run.output) \(run.errors)")
        }
        let parts = try await documents("kubernetes/files.yaml")
        for part in parts {
            let job = part["spec"]?["jobTemplate"]?["spec"]
            let template = part["spec"]?["template"] ?? job?["template"]
            for container in template?["spec"]?["containers"]?.arrayValue ?? [] {
                let words = container["args"]?.arrayValue?.compactMap(\.stringValue) ?? []
                #expect(throws: Never.self, "\(words)") { try parse(words) }
                #expect(container["image"] == .string("natsbridge:\(LibraryVersion.current)"))
            }
        }
    }
}
