import BridgeBytes
import BridgeJSON
import Foundation
import TestKit
import Testing

/// The judge of other implementations, tried with two that agree and with one that does not.
@Suite(
    .needsNATSServer, .needsPythonPeer,
    .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct ConformanceTests {
    private static let judge = PackageRoot.file("Tests/Conformance/judge.py")
    private static let peer = PackageRoot.file("Tests/Conformance/python_peer.py")

    /// What the judge says of a target: the features with their counts, and the faults.
    private func judged(
        _ target: String, server: String = ""
    ) async throws -> (features: JSONValue, faults: [String]) {
        let python = try #require(PythonPeer.interpreter)
        let program = try #require(CommandRun.executable)
        let run = try await ShellRun(server: server).run(
            "'\(python)' '\(Self.judge)' --json --natsbridge '\(program)' --target \"\(target)\"")
        let result = try JSONValue(parsing: Bytes(utf8: run.output))
        let faults = (result["faults"]?.arrayValue ?? []).compactMap(\.stringValue)
        #expect((run.status == 0) == faults.isEmpty, "\(run.errors)")
        return (try #require(result["features"]), faults)
    }

    private func passed(_ features: JSONValue, _ name: String) -> Int {
        features[name]?["passed"]?.intValue ?? 0
    }

    @Test func `this implementation passes every vector`() async throws {
        let peer = try #require(BuiltProgram.path("ConformancePeer"))
        try await NATSServerFixture.run { server in
            let (features, faults) = try await judged("'\(peer)'", server: server.url)
            #expect(faults == [])
            #expect(passed(features, "envelope, read") >= 22)
            #expect(passed(features, "envelope, strict") >= 100)
            #expect(passed(features, "envelope, write") >= 11)
            #expect(passed(features, "claim check, choice") >= 10)
            #expect(passed(features, "claim check, fetch") >= 15)
        }
    }

    @Test func `another implementation passes what it offers`() async throws {
        let python = try #require(PythonPeer.interpreter)
        let (features, faults) = try await judged("'\(python)' '\(Self.peer)'")
        #expect(faults == [])
        #expect(passed(features, "envelope, read") >= 22)
        #expect(features["envelope, strict"]?["not offered"]?.intValue ?? 0 >= 100)
    }

    /// Changes of one line each that a peer might have, and the feature that must show them.
    @Test(arguments: [
        ("if found and found() != digest", "if False", "claim check, fetch"),
        ("(404, 408,", "(408,", "claim check, fetch"),
        (">= request.get(", "> request.get(", "claim check, choice"),
        (#"entry["type"], "link""#, #""blob", "link""#, "envelope, write"),
        (#""msgPurpose": "msg_purpose","#, "", "envelope, read"),
    ])
    func `a peer that departs from the contract is found`(
        _ line: String, _ other: String, _ feature: String
    ) async throws {
        let python = try #require(PythonPeer.interpreter)
        let folder = try TemporaryDirectory()
        let text = try TestFile.text(Self.peer)
        #expect(text.contains(line))
        try TestFile.write(text.replacing(line, with: other), to: folder.file("peer.py"))
        let (_, faults) = try await judged("'\(python)' '\(folder.file("peer.py"))'")
        #expect(faults.contains { $0.hasPrefix(feature) }, "\(faults)")
    }
}
