import BridgeClaims
import BridgeCommand
import BridgeEnvelope
import BridgeHTTP
import Foundation
import NATSCore
import NATSJetStream
import TestKit
import Testing

/// Every code that a layer may give has its place in the one table.
@Suite("Exit codes of the layers' codes")
struct ExitCodeTableTests {
    private static let typed: [String] =
        NATSError.Code.allCases.map(\.rawValue) + JetStreamError.Code.allCases.map(\.rawValue)
        + ClaimError.Code.allCases.map(\.rawValue) + HTTPError.Code.allCases.map(\.rawValue)
        + EnvelopeError.Code.allCases.map(\.rawValue)

    /// The codes that a source file declares; some are no cases that could be listed.
    private static func declared(in path: String, _ pattern: Regex<(Substring, Substring)>)
        throws -> [String]
    {
        let source = try String(contentsOfFile: PackageRoot.file(path), encoding: .utf8)
        return source.matches(of: pattern).map { String($0.1) }
    }

    @Test func `each typed code has one`() {
        let missing = Self.typed.filter { ExitCode.of(code: $0) == nil }
        #expect(missing.isEmpty)
    }

    @Test func `each code of the bridge and of the file server has one`() throws {
        let bridge = try Self.declared(
            in: "Sources/NATSBridge/BridgeError.swift", /static let \w+ = "([a-z_.]+)"/)
        let server = try Self.declared(
            in: "Sources/BridgeHTTP/FileServer/FileServer.swift", /case \w+ = "([a-z_.]+)"/)
        #expect(bridge.count >= 7 && server.count >= 2)
        #expect((bridge + server).filter { ExitCode.of(code: $0) == nil }.isEmpty)
    }

    @Test func `none stands in two places, and none means success`() {
        let all = ExitCode.codes.flatMap(\.codes)
        #expect(Set(all).count == all.count)
        #expect(!ExitCode.codes.contains { $0.exit == .ok })
    }

    @Test(
        arguments: [
            ("service_error", ExitCode.other), ("permission_denied", .connection),
            ("messages_lost", .notFound), ("claim.memory_exhausted", .retryable),
            ("no_such_code", nil),
        ] as [(String, ExitCode?)])
    func `what scripts rely on`(_ code: String, _ exit: ExitCode?) {
        #expect(ExitCode.of(code: code) == exit)
    }
}
