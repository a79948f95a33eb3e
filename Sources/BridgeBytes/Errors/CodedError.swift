/// An error of any layer of this package: what went wrong, where, and about what.
///
/// All public errors have this shape, so that one handler can log, count or sort them:
///
/// ```swift
/// catch let error as any CodedError {
///     if error.isTransient { await again() } else { log("\(error)") }
/// }
/// ```
///
/// No part holds payload bytes, credentials, or the query of a URL.
public protocol CodedError: Error, Sendable, CustomStringConvertible {
    /// What went wrong, the same name in every layer.
    var code: ErrorCode { get }
    /// The step in which it happened, such as `connect` or `upload`.
    var stageName: String { get }
    /// The subject, stream, file, server or URL that it is about, as it may be shown; empty when
    /// there is none. It does not stand in `detail` again.
    var place: String { get }
    /// A sentence for people, without a full stop; empty when the code says it all.
    var detail: String { get }
    /// The error of the layer below that is the reason, where there is one.
    var underlying: (any CodedError)? { get }
    /// Whether the same call may succeed later without anybody changing anything.
    var isTransient: Bool { get }
}

extension CodedError {
    /// No error of a layer below.
    public var underlying: (any CodedError)? { nil }

    /// What the code says.
    public var isTransient: Bool { code.isTransient }

    /// One line: the stage, the place, the sentence and the code, such as
    /// `publish orders.new: no answer came in time (timeout)`.
    public var description: String { line }

    /// The line of `description`, for those that add to it.
    package var line: String {
        let head = place.isEmpty ? stageName : "\(stageName) \(place)"
        return detail.isEmpty ? "\(head): \(code)" : "\(head): \(detail) (\(code))"
    }
}
