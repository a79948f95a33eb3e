import BridgeBytes
import BridgeHTTP
import BridgeJSON
import Foundation
import HTTPWire
import TestKit
import Testing

/// The raw answers of the shared data, each sent by a peer over a real socket (failures.md C1, C8).
@Suite(.needsSharedData, .patient) struct ResponseVectorTests {
    struct Vector: Decodable, Sendable, CustomStringConvertible {
        let name: String
        let method: String
        let raw: String
        let endsAfter: Bool
        let expectation: String
        let body: String?

        enum CodingKeys: String, CodingKey {
            case name, method
            case raw = "raw_b64"
            case endsAfter = "eof_after"
            case expectation = "expect"
            case body = "body_b64"
        }

        var description: String { name }
        var bytes: Bytes {
            get throws { try Base64.decode(Array(raw.utf8).span) }
        }

        static let all: [Vector] = {
            guard let data = try? SharedData.bytes("http/responses.jsonl") else { return [] }
            return Array(data).split(separator: 0x0A).compactMap {
                try? JSONDecoder().decode(Vector.self, from: Data($0))
            }
        }()
    }

    private enum Outcome {
        case answer(status: Int, body: Bytes)
        case error(HTTPError)
    }

    private func run(_ vector: Vector) async throws -> Outcome {
        let raw = try vector.bytes
        let server = try ScriptedServer { connection, _ in
            guard connection.readRequest() != nil else { return }
            connection.send(raw)
            if vector.endsAfter { connection.finish() }
            connection.readToEnd()
        }
        let client = try HTTPClient()
        let url = try HTTPURL("http://127.0.0.1:\(server.port)/")
        do {
            let response = try await client.send(HTTPRequest(vector.method, url))
            let body = try await response.collect(limit: 1 << 20)
            #expect(server.connectionCount == 1)
            return .answer(status: response.status, body: body)
        } catch {
            #expect(server.connectionCount == 1)
            return .error(error)
        }
    }

    @Test("The file holds what it should") func count() { #expect(Vector.all.count >= 40) }

    @Test("Whole answers are read, broken ones are errors", arguments: Vector.all)
    func vector(_ vector: Vector) async throws {
        let outcome = try await run(vector)
        switch (vector.expectation, outcome) {
        case ("body", .answer(_, let body)), ("body-then-close", .answer(_, let body)):
            if let expected = vector.body {
                #expect(Array(body) == Array(try Base64.decode(Array(expected.utf8).span)))
            }
        case ("empty-body", .answer(_, let body)): #expect(body.isEmpty)
        case ("incomplete", .error(let error)):
            #expect([.incompleteBody, .connectionLost].contains(error.reason), "\(error)")
        case ("error", .error(let error)), ("error-or-te", .error(let error)):
            #expect(
                [.protocolViolation, .incompleteBody, .tlsPeer].contains(error.reason), "\(error)")
        case ("refuse-before-allocating", .error(let error)):
            #expect(error.reason == .bodyTooLarge)
        case ("error", .answer(206, _)):
            // An unasked or misplaced part is for the download to refuse: it knows the range.
            break
        case ("body", _), ("empty-body", _), ("incomplete", _), ("error", _), ("error-or-te", _),
            ("body-then-close", _), ("refuse-before-allocating", _):
            Issue.record("\(vector.name): \(outcome)")
        case (_, .answer): break
        case (_, .error(let error)): Issue.record("\(vector.name): \(error)")
        }
    }
}
