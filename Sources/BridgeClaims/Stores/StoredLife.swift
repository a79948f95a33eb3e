internal import BridgeBytes
internal import HTTPWire

/// How long a payload is to be kept, and is.
enum StoredLife {
    /// The time to live in seconds, as stores count it, a fraction rounded up.
    /// - Throws: `ClaimError` with `invalidArgument` for none: a store would read it as it likes.
    static func seconds(
        of content: ClaimContent, at url: HTTPURL, _ correlationID: String
    ) throws(ClaimError) -> Int {
        let (seconds, rest) = content.timeToLive.components
        guard content.timeToLive > .zero else {
            throw ClaimError(
                .invalidArgument, .upload, url: url.description,
                "a time to live must be more than nothing", correlationID: correlationID)
        }
        let whole = Int(clamping: seconds)
        return rest > 0 && whole < .max ? whole + 1 : whole
    }

    /// How long a store says that it keeps a payload; nil when it does not say so. Both times are
    /// of its clock.
    static func granted(_ fields: FieldList, until end: Timestamp?) -> Duration? {
        guard let end, let now = fields["Date"].flatMap({ HTTPDate.parse($0, now: 0) }) else {
            return nil
        }
        return .seconds(max(0, Int(clamping: end.seconds) - now))
    }
}

extension ClaimContent {
    /// The content type, as a field can hold it.
    var fieldType: String {
        let isFit = !contentType.isEmpty && FieldList.isValidValue(contentType)
        return isFit ? contentType : "application/octet-stream"
    }
}
