import BridgeBytes
import BridgeClaims
import Synchronization
import TestKit
import Testing

/// A store of two functions with the peers' signatures.
@Suite struct HandlerStoreTests {
    private struct Refusal: Error, CustomStringConvertible { let description = "hush" }

    private func store(failing: Bool = false) -> (HandlerStore, Held) {
        let held = Held()
        let store = HandlerStore(
            fileserverURL: "http://files",
            upload: { server, name, bytes in
                if failing { throw Refusal() }
                held.bytes.withLock { $0[name] = bytes }
                return "\(server)/\(name)"
            },
            download: { url, retries, base, cap, correlationID in
                if failing { throw Refusal() }
                held.words.withLock {
                    $0.append("\(url) \(retries) \(base) \(cap) \(correlationID)")
                }
                let name = String(url.split(separator: "/").last ?? "")
                return held.bytes.withLock { $0[name] } ?? Bytes()
            })
        return (store, held)
    }

    private final class Held: Sendable {
        let bytes = Mutex<[String: Bytes]>([:])
        let words = Mutex<[String]>([])
    }

    private func failure(_ store: HandlerStore, _ request: ClaimDownload) async -> ClaimError? {
        do throws(ClaimError) {
            _ = try await store.download(request)
            return nil
        } catch {
            return error
        }
    }

    @Test func `the functions get what the peers' get, and the bytes are verified`() async throws {
        let (store, held) = store()
        let claim = try await store.upload(
            ClaimContent(name: "n", segments: [[1, 2], [3]]), correlationID: "c")
        #expect(claim.url == "http://files/n" && claim.size == 3)
        try await store.checkLink(claim, policy: nil, correlationID: "c")
        var request = ClaimDownload(
            url: claim.url, expectedSize: 3, expectedChecksum: claim.checksum,
            retry: RetryPolicy(
                maxRetries: 5, baseDelay: .milliseconds(100), maxDelay: .seconds(5)),
            correlationID: "flow")
        #expect(try await store.download(request) == [1, 2, 3])
        #expect(held.words.withLock { $0 } == ["http://files/n 5 0.1 seconds 5.0 seconds flow"])
        held.bytes.withLock { $0["n"] = [1, 2, 4] }
        #expect(await failure(store, request)?.code == .checksumMismatch)
        held.bytes.withLock { $0["n"] = [1, 2] }
        #expect(await failure(store, request)?.code == .sizeMismatch)
        request.limit = 1
        #expect(await failure(store, request)?.code == .tooLarge)
    }

    @Test func `what they throw is told by its type, and nothing is removed`() async throws {
        let (store, _) = store(failing: true)
        let error = await failure(store, ClaimDownload(url: "http://u:hush@h/x?hush"))
        #expect(error?.code == .unavailable && error?.detail.contains("Refusal") == true)
        #expect(error.map { "\($0)".contains("hush") } == false)
        await #expect {
            _ = try await store.upload(
                ClaimContent(name: "n", segments: []), correlationID: "c")
        } throws: {
            ($0 as? ClaimError)?.stage == .upload
        }
        let claim = Claim(url: "http://files/n", id: "n", token: nil, size: 0, checksum: "")
        await #expect {
            try await store.delete(claim, correlationID: "c")
        } throws: {
            ($0 as? ClaimError)?.code == .refused
        }
    }
}
