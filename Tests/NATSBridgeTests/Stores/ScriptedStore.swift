import BridgeBytes
import BridgeClaims
import HTTPWire
import Synchronization

/// A store in memory that fails when it is told to, and remembers what it was asked.
final class ScriptedStore: ClaimStore {
    private struct State {
        var contents: [String: Bytes] = [:]
        var uploads = 0
        var deleted: [String] = []
    }

    private let state = Mutex(State())
    /// The number of the upload that fails, counted from 1; 0 for none.
    private let failingUpload: Int
    /// Bytes added to what a download gives back, as a broken store would.
    private let corruption: [UInt8]
    /// What links end with, such as a signature and a token of a session.
    private let query: String

    init(failingUpload: Int = 0, corruption: [UInt8] = [], query: String = "") {
        self.failingUpload = failingUpload
        self.corruption = corruption
        self.query = query
    }

    var linkPolicy: LinkPolicy {
        LinkPolicy(allowing: Set([try? HTTPURL("http://store.example").origin].compactMap { $0 }))
    }
    var uploads: Int { state.withLock { $0.uploads } }
    var deleted: [String] { state.withLock { $0.deleted } }
    var stored: Int { state.withLock { $0.contents.count } }

    func upload(
        _ content: ClaimContent, correlationID: String
    ) async throws(ClaimError) -> Claim {
        let number = state.withLock { state in
            state.uploads += 1
            return state.uploads
        }
        let url = "http://store.example/f/\(number)/\(content.name)\(query)"
        guard number != failingUpload else {
            throw ClaimError(.unavailable, .upload, url: url, "told to fail")
        }
        var bytes: [UInt8] = []
        for segment in content.segments { bytes += Array(segment) }
        let kept = Bytes(bytes)
        state.withLock { $0.contents[url] = kept }
        return Claim(
            url: url, id: "\(number)", token: "t", size: bytes.count,
            checksum: Checksum(of: kept, content.checksumAlgorithm).description,
            expiresAt: Timestamp(seconds: 2_000_000_000))
    }

    func download(_ request: ClaimDownload) async throws(ClaimError) -> Bytes {
        guard let bytes = state.withLock({ $0.contents[request.url] }) else {
            throw ClaimError(.payloadNotFound, .download, url: request.url, "not there")
        }
        return Bytes(Array(bytes) + corruption)
    }

    func delete(_ claim: Claim, correlationID: String) async throws(ClaimError) {
        state.withLock { state in
            state.contents[claim.url] = nil
            state.deleted.append(claim.id)
        }
    }
}
