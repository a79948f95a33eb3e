import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import Foundation
import TestKit
import Testing

/// Runs a script of the Python peer's folder; what it prints, as JSON.
private func check(_ script: String, _ arguments: [String]) async throws -> JSONValue {
    let python = try #require(PythonPeer.interpreter)
    let path = PackageRoot.file("Tests/InteropTests/Peer/\(script)")
    let words = ([python, path] + arguments).map { "'\($0)'" }.joined(separator: " ")
    let run = try await ShellRun(server: "").run(words)
    #expect(run.status == 0, "\(run.errors)")
    return try JSONValue(parsing: Bytes(utf8: run.output))
}

private func texts(_ value: JSONValue?) -> [String] {
    (value?.arrayValue ?? []).compactMap(\.stringValue)
}

/// The description of the file server is valid OpenAPI, and `serve` answers as it says.
///
/// The judge is not ours: openapi-spec-validator and jsonschema, over Python's own HTTP client.
@Suite(.needsPythonPeer, .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct OpenAPITests {
    private static let token = "0123456789abcdef"

    @Test func `every operation is answered as it is described`() async throws {
        let folder = try TemporaryDirectory()
        let server = try await ChildProcess(
            try #require(CommandRun.executable),
            [
                "serve", "--port", "0", "--directory", folder.path, "--max-size", "100KB",
                "--upload-token", Self.token,
            ])
        let url = try #require(try await server.log.first { $0.hasPrefix("http://") })
        let result = try await check(
            "openapi_walk.py",
            [PackageRoot.file("docs/schema/file-server.openapi.json"), url.text, Self.token])
        try await server.stop()
        #expect(texts(result["faults"]) == [])
        #expect(texts(result["unseen"]) == [])
        let seen = try #require(result["seen"]?.objectValue)
        #expect(seen.count >= 18)
        #expect(seen["readFile"]?.arrayValue?.contains(206) == true)
    }

    @Test func `a server that answers otherwise is found`() async throws {
        let folder = try TemporaryDirectory()
        let text = try TestFile.text(PackageRoot.file("docs/schema/file-server.openapi.json"))
        let spoiled = text.replacing(#""const": "ok""#, with: #""const": "fine""#)
        try TestFile.write(spoiled, to: folder.file("spoiled.json"))
        let server = try await ChildProcess(
            try #require(CommandRun.executable),
            [
                "serve", "--port", "0", "--directory", folder.file("files"), "--max-size", "100KB",
                "--upload-token", Self.token,
            ])
        let url = try #require(try await server.log.first { $0.hasPrefix("http://") })
        let result = try await check(
            "openapi_walk.py", [folder.file("spoiled.json"), url.text, Self.token])
        try await server.stop()
        let faults = texts(result["faults"])
        #expect(faults.count == 1 && faults[0].contains("/healthz"), "\(faults)")
    }

    @Test func `the description is that of this version`() throws {
        for name in ["file-server.openapi.json", "bridge.asyncapi.json"] {
            let document = try JSONValue(
                parsing: TestFile.bytes(PackageRoot.file("docs/schema/\(name)")))
            #expect(document["info"]?["version"]?.stringValue == LibraryVersion.current)
        }
    }
}

/// The description of subjects and messages is valid AsyncAPI, and says what the code says.
struct AsyncAPITests {
    private func document() throws -> JSONValue {
        try JSONValue(
            parsing: TestFile.bytes(PackageRoot.file("docs/schema/bridge.asyncapi.json")))
    }

    @Test(.needsPythonPeer) func `the document and its examples are valid`() async throws {
        let result = try await check(
            "asyncapi_check.py",
            [
                PackageRoot.file("docs/schema/bridge.asyncapi.json"),
                PackageRoot.file("docs/schema/envelope-v1.json"),
            ])
        #expect(texts(result["faults"]) == [])
        #expect(result["examples"] == 1)
    }

    @Test func `the envelope is that of the schema, and its example is strict`() throws {
        let messages = try document()["components"]?["messages"]
        let envelope = try #require(messages?["envelope"])
        #expect(envelope["payload"]?["schema"]?["$ref"] == "./envelope-v1.json")
        let example = try #require(envelope["examples"]?.arrayValue?.first?["payload"])
        #expect(throws: Never.self) {
            try EnvelopeReader.read(example.encoded(), strict: true)
        }
    }

    @Test func `the header form has the headers of the specification`() throws {
        let schemas = try document()["components"]?["schemas"]
        let raw = try #require(schemas?["rawHeaders"]?["properties"]?.objectValue)
        let page = try TestFile.text(PackageRoot.file("docs/specification.md"))
        let start = try #require(page.range(of: "### 6.1"))
        let end = try #require(page.range(of: "### 6.2"))
        let part = page[start.upperBound..<end.lowerBound]
        let named = part.matches(of: /`(NATSBridge)?(-[A-Za-z-]+)`/).map { "NATSBridge\($0.2)" }
        #expect(named.count > 15)
        #expect(Set(named).union(["NATSBridge-Version"]) == Set(raw.map(\.key)))
    }
}
