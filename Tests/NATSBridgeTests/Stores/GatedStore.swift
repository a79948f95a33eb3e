import BridgeBytes
import BridgeClaims
import Synchronization
import TestKit

/// A store whose downloads wait until they are let through. The link says what comes:
/// `http://store/<name>/<size>`, with a size that may have nothing to do with the stated one.
final class GatedStore: ClaimStore {
    private struct State {
        var open: Set<String> = []
        var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]
        var missing: Set<String> = []
        var kept: Set<String> = []
        var removed: [String] = []
        var started: [String] = []
        var cancelled: [String] = []
        var running = 0
        var mostRunning = 0
    }

    private let state = Mutex(State())
    /// Tells of each download that begins.
    private let beginnings = AsyncStream<String>.makeStream()

    /// - Parameter open: Names that nobody has to wait for.
    init(open: Set<String> = []) { state.withLock { $0.open = open } }

    var linkPolicy: LinkPolicy { LinkPolicy(allowing: []) }
    var started: [String] { state.withLock { $0.started } }
    var cancelled: [String] { state.withLock { $0.cancelled } }
    var mostRunning: Int { state.withLock { $0.mostRunning } }

    /// Lets the downloads of that name through, those that wait and those that come.
    func open(_ name: String) {
        let waiting = state.withLock { state in
            state.open.insert(name)
            return state.waiting.removeValue(forKey: name) ?? []
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Makes a payload be there or not.
    func setMissing(_ name: String, _ isMissing: Bool) {
        state.withLock { state in
            if isMissing { state.missing.insert(name) } else { state.missing.remove(name) }
        }
    }

    /// Suspends until so many downloads more have begun.
    func awaitBeginnings(_ count: Int) async throws {
        try await within("the downloads") { [beginnings] in
            var iterator = beginnings.stream.makeAsyncIterator()
            for _ in 0..<count { _ = await iterator.next() }
        }
    }

    func upload(
        _ content: ClaimContent, correlationID: String
    ) async throws(ClaimError) -> Claim {
        throw ClaimError(.refused, .upload, url: "", "only for downloads")
    }

    func download(_ request: ClaimDownload) async throws(ClaimError) -> Bytes {
        let parts = request.url.split(separator: "/")
        let name = String(parts[2])
        state.withLock { state in
            state.started.append(name)
            state.running += 1
            state.mostRunning = max(state.mostRunning, state.running)
        }
        beginnings.continuation.yield(name)
        defer { state.withLock { $0.running -= 1 } }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    if state.open.contains(name) || Task.isCancelled { return true }
                    state.waiting[name, default: []].append(continuation)
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            let waiting = state.withLock { $0.waiting.removeValue(forKey: name) ?? [] }
            for continuation in waiting { continuation.resume() }
        }
        if Task.isCancelled {
            state.withLock { $0.cancelled.append(name) }
            throw ClaimError(.cancelled, .download, url: request.url, "cancelled")
        }
        guard !state.withLock({ $0.missing.contains(name) }) else {
            throw ClaimError(.payloadNotFound, .download, url: request.url, "not there")
        }
        return Bytes([UInt8](repeating: 7, count: Int(parts[3]) ?? 0))
    }

    func delete(_ claim: Claim, correlationID: String) async throws(ClaimError) {}

    /// The links that were removed.
    var removed: [String] { state.withLock { $0.removed } }

    /// Has the store refuse to remove what has that name.
    func setKept(_ name: String) { state.withLock { _ = $0.kept.insert(name) } }

    func delete(
        link: String, policy: LinkPolicy?, correlationID: String
    ) async throws(ClaimError) {
        let isKept = state.withLock { state in
            let isKept = state.kept.contains(String(link.split(separator: "/")[2]))
            if !isKept { state.removed.append(link) }
            return isKept
        }
        if isKept { throw ClaimError(.refused, .delete, url: link, "kept") }
    }
}
