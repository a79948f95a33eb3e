import BridgeBytes
import BridgeClaims
import BridgeConsole
import BridgeEnvelope
import BridgeHTTP
import Foundation
import TestKit
import Testing

/// Every code that a layer may give has its place in the one table.
@Suite("Exit codes of the layers' codes")
struct ExitCodeTableTests {
    @Test func `none stands in two places, and none means success`() {
        let all = ExitCode.codes.flatMap(\.codes)
        #expect(Set(all).count == all.count)
        #expect(!ExitCode.codes.contains { $0.exit == .ok })
    }

    @Test func `each declared code has one`() throws {
        let known = Set(ExitCode.codes.flatMap(\.codes).map(\.rawValue))
        let declared = Set(try DeclaredCodes().codes.map(\.name))
        #expect(declared.count > 100)
        #expect(declared.subtracting(known) == [])
        #expect(known.subtracting(declared) == [])
    }

    @Test(
        arguments: [
            ("service_error", .other), ("permission_denied", .connection),
            ("messages_lost", .notFound), ("memory_exhausted", .retryable),
            ("storage_full", .refused), ("no_such_code", .other),
        ] as [(String, ExitCode)])
    func `what scripts rely on`(_ code: String, _ exit: ExitCode) {
        #expect(ExitCode.of(ErrorCode(rawValue: code)) == exit)
    }
}
