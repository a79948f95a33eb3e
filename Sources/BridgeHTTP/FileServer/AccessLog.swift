internal import BridgeBytes
internal import BridgeSockets

/// What the log says of requests. Identifiers are secrets, since whoever knows one may download
/// the file: so they are cut, and the queries of targets are left out.
package enum AccessLog {
    /// Most characters of a target that are written out.
    private static let longestTarget = 120

    /// What is told of each request, and makes nothing that the sink would not take.
    static func recorder(_ sink: LogSink) -> @Sendable (AccessRecord) -> Void {
        { record in
            guard sink.level <= .info || record.status >= 500 else { return }
            sink.record(event(record))
        }
    }

    /// The event of a request that is over: `info`, and `warning` where the server failed.
    static func event(_ record: AccessRecord) -> LogEvent {
        let target = shown(record.target)
        let method = record.method.isEmpty ? "-" : record.method
        var fields = [
            LogEvent.Field("client", record.peer), LogEvent.Field("method", method),
            LogEvent.Field("target", target), LogEvent.Field("status", String(record.status)),
            LogEvent.Field("received", String(record.received)),
            LogEvent.Field("sent", String(record.sent)),
            LogEvent.Field("milliseconds", milliseconds(record.duration)),
        ]
        if !record.isWhole { fields.append(LogEvent.Field("outcome", "cut")) }
        let answer = record.status == 0 ? "no answer" : String(record.status)
        return LogEvent(
            timestamp: WallClock.now, level: record.status >= 500 ? .warning : .info,
            correlationID: record.correlationID, stage: "serve",
            message: "\(method) \(target): \(answer)", fields: fields)
    }

    /// A request target without what gives access: identifiers are cut to eight characters.
    package static func shown(_ target: String) -> String {
        let path = target.prefix { $0 != "?" && $0 != "#" }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let shown = parts.map { part in
            part.utf8.count >= 16 && !part.contains(".") ? shortened(String(part)) : String(part)
        }
        return String(shown.joined(separator: "/").prefix(longestTarget))
    }

    static func shortened(_ id: String) -> String { "\(id.prefix(8))…" }

    private static func milliseconds(_ duration: Duration) -> String {
        let microseconds = Int(duration / .microseconds(1))
        let digits = String(microseconds % 1000)
        let fraction = String(repeating: "0", count: max(0, 3 - digits.count)) + digits
        return "\(microseconds / 1000).\(fraction)"
    }
}
