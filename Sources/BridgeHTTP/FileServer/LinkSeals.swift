internal import BridgeBytes
internal import HTTPWire
internal import Synchronization

/// Signs links, and judges those that requests bring.
///
/// ## Theory of operation
/// ```
/// /f/{id}/{name}?expires=1790000000&signature=0123456789abcdef0123456789abcdef
/// ```
/// The signature is HMAC-SHA-256 (RFC 2104) over the identifier and the second since 1970 until
/// which the link holds, of which the first 128 bits count. So a link can neither be made for
/// another identifier nor be prolonged. New links are signed with the first of the keys, and one
/// that was signed with any of them holds: that is how keys are exchanged. Where no keys are
/// given, the folder's own secret signs.
///
/// Who shows the token of the upload needs no signature, and is told a fresh link by HEAD.
final class LinkSeals: Sendable {
    /// What a request may read, as far as its target and fields tell.
    enum Verdict: Sendable {
        case welcome
        /// Only if the token that it shows is the object's.
        case owner
        case refused(ServerAnswer)

        var wantsToken: Bool { if case .owner = self { true } else { false } }
    }

    /// Most keys: each costs a signature for a link that is wrong.
    static let mostKeys = 8

    let signing: LinkSigning
    /// Longest time that a link holds, in milliseconds; nil: as long as its object.
    private let life: Int64?
    private let keys: Mutex<[StoreSecret]>
    private let own: StoreSecret

    init(_ signing: LinkSigning, keys: [String], life: Duration?, own: StoreSecret) {
        (self.signing, self.own) = (signing, own)
        self.life = life?.milliseconds
        self.keys = Mutex(Self.secrets(keys, own))
    }

    private static func secrets(_ keys: [String], _ own: StoreSecret) -> [StoreSecret] {
        keys.isEmpty ? [own] : keys.map { StoreSecret(key: Array($0.utf8)) }
    }

    /// Has other keys count from now on.
    func use(_ keys: [String]) {
        let fresh = Self.secrets(keys, own)
        self.keys.withLock { $0 = fresh }
    }

    /// What is the matter with keys, as a sentence that shows none; nil when they are fit.
    static func problem(with keys: [String]) -> String? {
        if keys.count > mostKeys {
            return "there are \(keys.count) link keys, of at most \(mostKeys)"
        }
        guard keys.allSatisfy(AccessTokens.isFit) else {
            return "a link key must have 16 to 128 letters, digits and -._~"
        }
        return Set(keys).count == keys.count ? nil : "a link key is given twice"
    }

    /// When a link ends that is made now, in milliseconds since 1970.
    func end(of metadata: ObjectMetadata, now: Int64) -> Int64 {
        guard signing != .off, let life else { return metadata.expires }
        return min(metadata.expires, now.addingReportingOverflow(life).partialValue)
    }

    /// What stands behind the path of a link; nothing where links are plain.
    func query(for key: ObjectKey, until end: Int64) -> String {
        guard signing != .off else { return "" }
        // A begun second counts, so that a link lives no shorter than its object.
        let second = end / 1000 + (end % 1000 > 0 ? 1 : 0)
        let seal = keys.withLock { $0[0] }.seal(Self.subject(key, String(second)))
        return "?expires=\(second)&signature=\(seal)"
    }

    private static func subject(_ key: ObjectKey, _ second: String) -> String {
        "link\n\(key.text)\n\(second)"
    }

    /// Judges a request that reads.
    func judge(_ key: ObjectKey, _ head: RequestHead, now: Int64) -> Verdict {
        guard signing != .off else { return .welcome }
        let hasToken = head.fields.contains("X-UploadToken")
        guard let mark = head.target.firstIndex(of: "?") else {
            return signing == .offered ? .welcome : hasToken ? .owner : .unsigned
        }
        let parts = head.target[head.target.index(after: mark)...].split(separator: "&")
        let ends = parts.filter { $0.hasPrefix("expires=") }.map { $0.dropFirst(8) }
        let seals = parts.filter { $0.hasPrefix("signature=") }.map { $0.dropFirst(10) }
        if ends.isEmpty, seals.isEmpty {
            return signing == .offered ? .welcome : hasToken ? .owner : .unsigned
        }
        guard ends.count == 1, seals.count == 1, !ends[0].isEmpty, ends[0].utf8.count <= 15,
            ends[0].utf8.allSatisfy(Octet.isDigit), let second = Int64(ends[0])
        else { return .forged }
        let subject = Self.subject(key, String(ends[0]))
        let isRight = keys.withLock { $0 }.contains {
            ConstantTime.equal(String(seals[0]), $0.seal(subject))
        }
        guard isRight else { return hasToken ? .owner : .forged }
        return now < second * 1000 ? .welcome : hasToken ? .owner : .ended(second)
    }
}

extension LinkSeals.Verdict {
    fileprivate static let unsigned = Self.refused(
        .failure(403, "reading needs a signed link here", code: .permissionDenied))
    fileprivate static let forged = Self.refused(
        .failure(403, "the link's signature is not right", code: .permissionDenied))

    fileprivate static func ended(_ second: Int64) -> Self {
        let time = Timestamp(milliseconds: second * 1000)
        return .refused(.failure(410, "the link has held until \(time)", code: .payloadExpired))
    }
}
