import BridgeBytes
import BridgeJSON
import TestKit

/// The Python peer with its requests as JSON values.
struct Peer {
    private let process: PythonPeer

    /// Starts the peer; connects it when a server is given.
    init(server: NATSServerFixture? = nil, store: String? = nil) async throws {
        process = try PythonPeer(script: "peer.py")
        guard server != nil || store != nil else { return }
        var request: [String: JSONValue] = [:]
        if let server { request["nats"] = .string(server.url) }
        if let store { request["store"] = .string(store) }
        try await ask("connect", request)
    }

    /// One exchange; a failure of the peer is thrown with the peer's own words.
    @discardableResult
    func ask(_ verb: String, _ parts: [String: JSONValue] = [:]) async throws -> JSONValue {
        var request: JSONObject = [:]
        request["do"] = .string(verb)
        for (key, value) in parts { request[key] = value }
        let line = String(repairing: JSONValue.object(request).encoded())
        let answer = try await process.exchange(line)
        let value = try JSONValue(parsing: Bytes(utf8: answer))
        guard value["ok"]?.boolValue == true else {
            throw FixtureError("the peer on \(verb): \(value["error"]?.stringValue ?? answer)")
        }
        return value
    }

    func stop() async throws { try await process.stop() }

    /// Runs a body with a peer and ends the peer after it.
    static func run<Result>(
        server: NATSServerFixture? = nil, store: String? = nil,
        _ body: (Peer) async throws -> Result
    ) async throws -> Result {
        let peer = try await Peer(server: server, store: store)
        do {
            let result = try await body(peer)
            try await peer.stop()
            return result
        } catch {
            try? await peer.stop()
            throw error
        }
    }
}
