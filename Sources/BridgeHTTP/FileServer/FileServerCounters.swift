internal import Synchronization

/// What a file server has done since it started.
public struct FileServerCounters: Sendable, Hashable {
    /// Requests that bring a file: PUT, and POST of the native store and of Plik.
    public var uploads = 0
    /// GET requests for files.
    public var downloads = 0
    /// HEAD requests for files.
    public var inspections = 0
    /// DELETE requests for files.
    public var deletions = 0
    /// Requests for `/healthz`, `/readyz` and `/metrics`.
    public var healthChecks = 0
    /// All other requests with a well-formed head.
    public var others = 0
    /// Requests that were refused because their bytes are not valid HTTP.
    public var malformed = 0
    /// Files that were stored completely.
    public var filesStored = 0
    /// Files that were found damaged, and set aside.
    public var filesDamaged = 0
    /// Times that the disk failed to give a file's data.
    public var unreadableReads = 0
    /// Times that a file that is in memory could not be written to the disk; it is tried again.
    public var failedWrites = 0
    /// Files that the scrub has read through.
    public var filesScrubbed = 0
    /// Bytes that the scrub has read.
    public var bytesScrubbed = 0
    /// Uploads that were refused, by what was used up or wrong: `folder`, `path`, `upload`,
    /// `address`, `disk`, `busy`, `digest`, `token`; and downloads whose links are not rightly
    /// signed: `signature`.
    public var refusals: [String: Int] = [:]
    /// Answers by the first digit of their status: `2`, `3`, `4`, `5`.
    public var answers: [Int: Int] = [:]
    /// Connections that were accepted.
    public var connections = 0
    /// Connections that got 503, or nothing, since there were too many.
    public var connectionsRefused = 0
    /// Bytes that were read from connections, heads included.
    public var bytesReceived = 0
    /// Bytes that were written to connections, heads included.
    public var bytesSent = 0

    /// Requests of any kind that reached the server, except for health checks.
    public var requests: Int {
        uploads + downloads + inspections + deletions + others + malformed
    }
}

/// Where the service counts.
final class RequestCounts: Sendable {
    private let counters = Mutex(FileServerCounters())
    /// Downloads that were answered with what was ready.
    private let preparedDownloads = Atomic(0)

    func countPreparedDownload() { preparedDownloads.add(1, ordering: .relaxed) }

    func count(_ kind: WritableKeyPath<FileServerCounters, Int>) {
        counters.withLock { $0[keyPath: kind] += 1 }
    }

    func count(refusal word: String) {
        counters.withLock { $0.refusals[word, default: 0] += 1 }
    }

    func add(scrubbed report: ScrubReport) {
        counters.withLock {
            $0.filesScrubbed += report.examined
            $0.bytesScrubbed += report.bytes
        }
    }

    func snapshot(with traffic: Traffic) -> FileServerCounters {
        var snapshot = counters.withLock { $0 }
        snapshot.downloads += preparedDownloads.load(ordering: .relaxed)
        snapshot.malformed = traffic.malformed.load(ordering: .relaxed)
        snapshot.connections = traffic.accepted.load(ordering: .relaxed)
        snapshot.connectionsRefused = traffic.refused.load(ordering: .relaxed)
        snapshot.bytesReceived = traffic.received.load(ordering: .relaxed)
        let answers = traffic.answers
        snapshot.answers = [2: answers.0, 3: answers.1, 4: answers.2, 5: answers.3]
        snapshot.bytesSent = traffic.sent.load(ordering: .relaxed)
        return snapshot
    }
}
