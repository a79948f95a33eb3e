// Theory of operation.
//
// Two steps. The *locator* walks over the tokens of the body once and notes for each known field
// where its value stands; nothing is decoded and no large string is copied. The *assembly* then
// takes the fields one by one, checks them and builds the envelope: texts become strings,
// metadata becomes a JSON value, and the base64 of a direct payload is decoded from the body
// into its final memory.
//
// So the order of fields does not matter (a payload's `data` may stand before its `transport`),
// and the forms differ only in the names that the locator knows: the strict names, the camelCase
// ones of February 2026, and those of the first design, which had its one payload at the top
// level. Strict reading knows the strict names only, and asks more of each value.
public import BridgeBytes

/// Reads envelopes in every known form.
public enum EnvelopeReader {
    /// Reads the body of a message.
    ///
    /// Leniently, every known form of the peers is accepted: absent and null fields that have an
    /// empty value, camelCase names, the first design's single payload, any encoding hint, wrong
    /// sizes, base64 with small faults, plain JSON in its place, U+FFFD where an escape is half
    /// a character. A payload of a type that is not known is kept with its name and its bytes,
    /// and one that does not say its transport is a link if its data is an absolute URL, else
    /// direct. Strictly, any departure from the form that
    /// `EnvelopeWriter` writes is refused, and the error names the field.
    ///
    /// Direct payloads are decoded into memory of their own; the body is not kept.
    /// Complexity: O(n).
    /// - Throws: `EnvelopeError` with the field and the position in the body: `invalidJSON`,
    ///   `notAnEnvelope`, `missingKey`, `duplicateKey`, `typeMismatch`, `invalidValue`,
    ///   `unknownTransport`, `invalidBase64`, `limitExceeded`; strictly also `unknownKey` and
    ///   `wrongOrder`.
    public static func read(
        _ body: Bytes, strict: Bool = false, limits: EnvelopeLimits = .default
    ) throws(EnvelopeError) -> Envelope {
        let located = try locate(body, strict: strict, limits: limits)
        return try EnvelopeAssembly(body, strict: strict, limits: limits)
            .envelope(located) { _, error throws(EnvelopeError) in throw error }
    }

    /// Reads the body of a message leniently, and each payload for itself: one that cannot be read,
    /// such as one whose base64 is damaged, stands in its place without content.
    /// - Returns: The envelope, and why payloads could not be read, by their index.
    /// - Throws: `EnvelopeError`, where the rest of the envelope cannot be read.
    package static func readEach(
        _ body: Bytes, limits: EnvelopeLimits = .default
    ) throws(EnvelopeError) -> (envelope: Envelope, faults: [Int: EnvelopeError]) {
        let located = try locate(body, strict: false, limits: limits)
        var faults: [Int: EnvelopeError] = [:]
        let envelope = try EnvelopeAssembly(body, strict: false, limits: limits)
            .envelope(located) { faults[$0] = $1 }
        return (envelope, faults)
    }

    private static func locate(
        _ body: Bytes, strict: Bool, limits: EnvelopeLimits
    ) throws(EnvelopeError) -> LocatedEnvelope {
        guard body.count <= limits.maxBytes else {
            throw EnvelopeError(
                .limitExceeded, stage: .envelope, offset: limits.maxBytes,
                "a body of \(body.count) bytes, more than \(limits.maxBytes)")
        }
        var locator = EnvelopeLocator(body, strict: strict, limits: limits)
        return try locator.locate()
    }
}
