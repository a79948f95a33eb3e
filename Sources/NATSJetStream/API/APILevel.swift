// Theory of operation.
//
// Servers number what their JetStream API can do: 1 came with 2.11, 2 and 3 with 2.12, 4 with
// 2.14. An older server takes a newer setting without a word and does nothing about it. So a call
// that needs a level is refused here when the server that we are connected to is too old, and asks
// the server that answers to refuse it too (`Nats-Required-Api-Level`, from 2.12 on): behind a
// leaf node it is another one than ours.
//
// The level stands in INFO from 2.12 on; for 2.11 it follows from the version.
internal import BridgeBytes
internal import NATSCore
internal import NATSWire

/// An API level of JetStream, and what it is called.
struct APILevel: Comparable {
    let number: Int

    private static let firstVersions = [(1, 2, 11), (2, 2, 12), (4, 2, 14)]

    init(_ number: Int) { self.number = number }

    /// What a server can do.
    init(of info: ServerInfo) {
        let parts = info.version.split(separator: ".").prefix(2).map { Int($0) ?? 0 }
        let known = Self.firstVersions.last { version in
            parts.count == 2 && (parts[0], parts[1]) >= (version.1, version.2)
        }
        self.init(max(info.jetStreamLevel, known?.0 ?? 0))
    }

    /// The first version of the server that has it.
    var version: String {
        let first = Self.firstVersions.first { $0.0 >= number }
        return first.map { "\($0.1).\($0.2)" } ?? "API level \(number)"
    }

    static func < (left: APILevel, right: APILevel) -> Bool { left.number < right.number }

    static let header: HeaderName = "Nats-Required-Api-Level"
}

extension JetStream {
    /// Refuses what the server is too old for.
    func require(
        _ level: Int, operation: String, stream: String
    ) throws(JetStreamError) {
        // Where the API is another server's, that one has to say it.
        guard level > 0, isOwnAPI, let info = client.serverInfo else { return }
        let needed = APILevel(level)
        guard APILevel(of: info) < needed else { return }
        throw JetStreamError(
            .serverTooOld, operation: operation, stream: stream,
            detail: "needs nats-server \(needed.version), server is \(info.version)")
    }

    /// The headers of a call that needs a level.
    func headers(requiring level: Int) -> Headers {
        level > 0 ? [APILevel.header: HeaderValue(level)] : [:]
    }
}
