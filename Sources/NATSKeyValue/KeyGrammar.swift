// Theory of operation.
//
// A bucket `b` is the stream `KV_b` on the subjects `$KV.b.>`, and a key is what follows. A bucket
// has letters, digits, `-` and `_`: with a dot the API's subject would have a token more, and
// nobody would answer. A key has `/`, `=` and dots besides, none of them at an end and no two
// together; a pattern has tokens `*` and a last token `>` instead of others. All is checked here,
// since servers take `a..b` and deliver it to nobody.
internal import BridgeBytes
internal import NATSJetStream
internal import NATSWire

/// The names of buckets, keys and patterns.
enum KeyGrammar {
    static let streamPrefix = "KV_"

    /// The stream of a bucket; a name that is one already stays.
    static func stream(_ bucket: String) -> String {
        bucket.hasPrefix(streamPrefix) ? bucket : streamPrefix + bucket
    }

    /// The bucket of a stream; nil when it is none's, by its beginning or by what follows.
    static func bucket(_ stream: String) -> String? {
        let name = stream.dropFirst(streamPrefix.count)
        guard stream.hasPrefix(streamPrefix), isBucket(name) else { return nil }
        return String(name)
    }

    private static func isBucket(_ name: some StringProtocol) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy(isOfBucket)
    }

    static func check(bucket: String, _ operation: String) throws(JetStreamError) {
        guard isBucket(bucket) else {
            throw invalid(operation, "a bucket has letters, digits, - and _")
        }
    }

    static func check(key: String, _ operation: String) throws(JetStreamError) {
        guard isKey(key.utf8) else {
            throw invalid(
                operation,
                "a key has letters, digits, - / _ = and single dots between them")
        }
    }

    static func check(pattern: String, _ operation: String) throws(JetStreamError) {
        let tokens = pattern.utf8.split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        for (index, token) in tokens.enumerated() {
            let isWildcard =
                token.elementsEqual("*".utf8)
                || index == tokens.count - 1 && token.elementsEqual(">".utf8)
            guard isWildcard || !token.isEmpty && token.allSatisfy(isOfKey) else {
                throw invalid(operation, "a pattern is a key with tokens * and a last token >")
            }
        }
    }

    private static func isKey(_ key: some Sequence<UInt8>) -> Bool {
        var isAfterDot = true
        for byte in key {
            let isDot = byte == UInt8(ascii: ".")
            guard isDot ? !isAfterDot : isOfKey(byte) else { return false }
            isAfterDot = isDot
        }
        return !isAfterDot
    }

    private static func isOfBucket(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isOfKey(_ byte: UInt8) -> Bool {
        isOfBucket(byte) || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "=")
    }

    private static func invalid(_ operation: String, _ detail: String) -> JetStreamError {
        JetStreamError(.invalidArgument, operation: operation, detail: detail)
    }

    /// The subjects of a bucket's keys.
    static func pattern(
        _ pattern: String, of bucket: String, _ operation: String
    ) throws(JetStreamError) -> SubjectPattern {
        try check(pattern: pattern, operation)
        do throws(SubjectError) { return try SubjectPattern("$KV.\(bucket).\(pattern)") } catch {
            throw invalid(operation, error.detail)
        }
    }

    /// The patterns without those that others cover: the server refuses filters that overlap.
    /// - Complexity: O(n) for keys, times the number of patterns with wildcards.
    static func distinct(_ patterns: [String]) -> [String] {
        var wide: [String] = []
        for pattern in patterns
        where hasWildcard(pattern) && !wide.contains(where: { covers($0, pattern) }) {
            wide.removeAll { covers(pattern, $0) }
            wide.append(pattern)
        }
        var seen: Set<String> = []
        return patterns.filter { pattern in
            guard seen.insert(pattern).inserted else { return false }
            return hasWildcard(pattern)
                ? wide.contains(pattern) : !wide.contains { covers($0, pattern) }
        }
    }

    private static func hasWildcard(_ pattern: String) -> Bool {
        pattern.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: ">") }
    }

    /// Whether every key of the second pattern is one of the first.
    static func covers(_ left: String, _ right: String) -> Bool {
        let wide = left.split(separator: ".")
        let narrow = right.split(separator: ".")
        for (index, token) in wide.enumerated() {
            guard index < narrow.count else { return false }
            if token == ">" { return true }
            guard token == narrow[index] || token == "*" && narrow[index] != ">" else {
                return false
            }
        }
        return wide.count == narrow.count
    }
}
