import BridgeBytes
import BridgeJSON
import TestKit

/// The independent witness: the Python program `Peer/soak_oracle.py`, which knows the servers
/// directly and shares no code with the bridge.
struct SoakWitness: Sendable {
    static let stream = "SOAK"
    private let process: PythonPeer

    init() throws {
        process = try PythonPeer(
            script: "soak_oracle.py", arguments: [String(SeededGenerator.runSeed)])
    }

    /// Subscribes at a node, in place of an earlier subscription there.
    func connect(_ node: Int, of cluster: SoakCluster) async throws {
        try await connect(node, at: cluster.url(node, .control))
    }

    func connect(_ node: Int, at url: String) async throws {
        try await ask("connect", ["node": .number(JSONNumber(node)), "url": .string(url)])
    }

    /// Waits until what is published at any node is heard at every node.
    func untilJoined() async throws { try await ask("probe", [:]) }

    /// Makes the replicated stream that holds what is sent.
    func makeStream(replicas: Int = SoakFault.nodeCount) async throws {
        try await ask(
            "stream", ["name": .string(Self.stream), "replicas": .number(JSONNumber(replicas))])
    }

    /// Lets a stream take nothing more, or anything again.
    func limit(_ stream: String, isFull: Bool) async throws {
        try await ask("limit", ["name": .string(stream), "full": .bool(isFull)])
    }

    /// Reads the stream and all links, and puts what was seen into the evidence.
    func testify(_ store: SoakStore, into evidence: inout SoakEvidence) async throws {
        let answer = try await ask(
            "collect",
            [
                "name": .string(Self.stream), "public": .string(store.url(.receivers)),
                "store": .string(store.directURL), "directory": .string(store.directory),
                "ca": .string(store.tls?.path ?? ""),
            ])
        try note(answer, in: &evidence)
    }

    /// Reads the stream and all links of a soak over stores, and what lies in these. Returns the
    /// links.
    func testify(
        _ stage: StoreStage, into evidence: inout SoakEvidence
    ) async throws -> [SoakTag: String] {
        let folders = ["s3", "gate", "expiring"].map { JSONValue.string("/buckets/bridge/\($0)") }
        let answer = try await ask(
            "collect_stores",
            [
                "name": .string(Self.stream), "filer": .string(stage.engine.filer),
                "folders": .array(folders), "dav": .string(stage.dav.file("")),
                "bucket": .string(StoreStage.bucket),
            ])
        try note(answer, in: &evidence)
        var urls: [SoakTag: String] = [:]
        for (text, url) in answer["urls"]?.objectValue ?? [:] {
            if let tag = SoakTag(text) { urls[tag] = url.stringValue }
        }
        return urls
    }

    private func note(_ answer: JSONValue, in evidence: inout SoakEvidence) throws {
        for row in answer["sightings"]?.arrayValue ?? [] {
            guard let parts = row.arrayValue, parts.count == 6, let text = parts[0].stringValue
            else { throw FixtureError("the witness said \(row)") }
            // A tag that no process writes is a stranger's.
            let tag = SoakTag(text) ?? SoakTag(text, -1)
            evidence.sightings[tag] = SoakSighting(
                nodes: Set((parts[1].arrayValue ?? []).compactMap(\.intValue)),
                stored: parts[2].intValue ?? 0,
                problem: parts[3].stringValue, object: parts[4].stringValue,
                linkProblem: parts[5].stringValue)
        }
        for stranger in answer["strangers"]?.arrayValue ?? [] {
            evidence.sightings[SoakTag(stranger.stringValue ?? "?", -1)] = SoakSighting()
        }
        for (key, name) in answer["objects"]?.objectValue ?? [:] {
            evidence.objects[key] = name.stringValue ?? ""
        }
    }

    func stop() async { try? await process.stop() }

    @discardableResult
    private func ask(_ verb: String, _ parts: [String: JSONValue]) async throws -> JSONValue {
        var request = JSONObject()
        request["do"] = .string(verb)
        for (key, value) in parts { request[key] = value }
        let line = String(repairing: JSONValue.object(request).encoded())
        let answer = try JSONValue(parsing: Bytes(utf8: try await process.exchange(line)))
        guard answer["ok"]?.boolValue == true else {
            throw FixtureError("the witness on \(verb): \(answer["error"]?.stringValue ?? "?")")
        }
        return answer
    }
}
