package import BridgeBytes
internal import HTTPWire

/// Where a gateway keeps what it serves: a store that exists, and that several gateways share.
///
/// ## Theory of operation
/// A gateway has no state: whatever it must know of an object (when it ends, who may delete it)
/// stands beside the object in the engine, as `GatewayFacts` that the engine keeps in its own way.
/// So any gateway answers for what another has taken, and one that is killed takes nothing along.
/// An engine makes an object appear at once and whole, or not at all.
package protocol GatewayEngine: Sendable {
    /// Which it is, without secrets.
    var name: String { get }
    /// Bytes of memory that one upload may need.
    var uploadMemory: Int { get }

    /// What is stored in a place; nil where nothing is.
    func find(_ place: GatewayPlace) async throws(GatewayFailure) -> GatewayObject?

    /// Part of an object, the very one that was found: where it was replaced or is gone, the body
    /// is cut.
    /// - Parameter whenOver: Told whether all of it was written, where the object is one-shot.
    func body(
        of object: GatewayObject, _ range: Range<Int>,
        whenOver: (@Sendable (_ isWhole: Bool) -> Void)?
    ) async throws(GatewayFailure) -> ServerAnswer.Body

    /// Stores what comes. Nothing is kept of an upload that fails.
    func store(
        _ upload: UploadPipe, in place: GatewayPlace, _ facts: GatewayFacts
    ) async throws(GatewayFailure)

    /// Removes what is stored in a place.
    /// - Returns: Whether something was, as far as the engine can tell.
    @discardableResult
    func remove(_ place: GatewayPlace) async throws(GatewayFailure) -> Bool

    /// Removes what has expired, where the engine does not do so itself.
    func sweep(now: Timestamp, tombstoneTime: Duration) async
}

extension GatewayEngine {
    package func sweep(now: Timestamp, tombstoneTime: Duration) async {}
}

/// Where an object lies: an identifier that nobody can guess, and the name in its link.
package struct GatewayPlace: Sendable, Hashable {
    /// 32 hexadecimal digits, in lower case.
    package let id: String
    /// A name without slashes and control characters.
    package let name: String

    /// Nil for what is no identifier, or no name that every engine can keep.
    package init?(id: String, name: String) {
        guard id.utf8.count == 32, id.utf8.allSatisfy({ Hex.value($0) != nil }),
            (1...ObjectMetadata.longestName).contains(name.utf8.count), name != ".", name != "..",
            name.unicodeScalars.allSatisfy({ scalar in
                scalar.value >= 0x20 && scalar.value != 0x7F && scalar != "/" && scalar != "\\"
            })
        else { return nil }
        self.id = id.lowercased()
        self.name = name
    }

    /// A file of an upload of Plik: both identifiers make one.
    package init?(upload: String, file: String, name: String) {
        guard ObjectKey.isPlikID(upload), ObjectKey.isPlikID(file) else { return nil }
        let digest = Checksum(of: Bytes(utf8: "\(upload)/\(file)"), .sha256)
        self.init(id: String(digest.digits.prefix(32)), name: name)
    }

    /// Of what gateways keep for themselves; links do not lead there.
    package static let ownID = String(repeating: "0", count: 32)

    var isOwn: Bool { id == Self.ownID }

    /// `id/name`, as engines with paths keep it.
    package var path: String { "\(id)/\(name)" }
}

/// What a gateway notes beside an object.
package struct GatewayFacts: Sendable, Hashable {
    /// Names of the notes, as engines with notes have them.
    package enum Note: String, CaseIterable, Sendable {
        case expires = "expires-at"
        case token = "token-sha256"
        case oneShot = "one-shot"
    }

    package var contentType = "application/octet-stream"
    package var expires: Timestamp?
    /// The SHA-256 digest of the token with which it may be replaced and deleted.
    package var tokenSeal: String?
    /// Whether it goes when it has been read whole.
    package var isOneShot = false
    /// Whether nothing may lie in the place.
    package var mustBeNew = false

    package init() {}

    /// What is noted.
    package var notes: [(note: Note, value: String)] {
        var notes: [(note: Note, value: String)] = []
        if let expires { notes.append((.expires, expires.description)) }
        if let tokenSeal { notes.append((.token, tokenSeal)) }
        if isOneShot { notes.append((.oneShot, "1")) }
        return notes
    }

    /// Reads what was noted. What cannot be read counts as not noted, but for an end: what has an
    /// end that nobody can read has ended.
    package init(_ value: (Note) -> String?) {
        expires = value(.expires).map { Timestamp($0) ?? Timestamp(seconds: 0) }
        tokenSeal = value(.token)
        isOneShot = value(.oneShot) == "1"
    }

    static func seal(_ token: String) -> String {
        Checksum(of: Bytes(utf8: token), .sha256).digits
    }
}

/// What is stored in a place.
package struct GatewayObject: Sendable, Hashable {
    package let place: GatewayPlace
    package let size: Int
    /// Distinguishes what was stored in one place one after the other, for all gateways alike.
    package let version: String
    package let modified: Timestamp
    package var facts: GatewayFacts
    /// SHA-256 of the bytes, 64 hexadecimal digits, where the engine knows it.
    package var sha256: String?
    /// What the engine itself calls this version, where that is another text.
    package var engineTag = ""
    /// Whether only the notes are left, of what has ended.
    package var isGone = false

    package init(
        _ place: GatewayPlace, size: Int, version: String, modified: Timestamp, facts: GatewayFacts
    ) {
        self.place = place
        self.size = size
        self.version = version
        self.modified = modified
        self.facts = facts
    }
}

/// Why an engine did not do what it was asked.
package struct GatewayFailure: Error, Hashable {
    package enum Kind: Sendable, Hashable {
        /// Not now: the engine is away or busy.
        case unavailable
        /// The engine is full.
        case full
        /// Something lies in the place.
        case exists
        case tooLarge
        /// The bytes are not those of the stated digest.
        case wrongDigest
        /// It is gone, or was replaced.
        case gone
        /// The upload ended before it was whole.
        case aborted
        /// The engine does not do it: a matter of rights or settings.
        case refused
    }

    package let kind: Kind
    package let code: ErrorCode
    /// A sentence for people, without secrets.
    package let detail: String

    package init(_ kind: Kind, _ code: ErrorCode, _ detail: String) {
        self.kind = kind
        self.code = code
        self.detail = detail
    }
}

extension ServerAnswer {
    static func failure(_ failure: GatewayFailure) -> ServerAnswer {
        switch failure.kind {
        case .unavailable:
            .failure(503, "the store behind this gateway: \(failure.detail)", retryAfter: 2)
        case .full: .failure(507, "the store is full", code: .storageFull)
        case .exists: .failure(412, "this identifier is taken", code: .uploadConflict)
        case .tooLarge: .failure(413, failure.detail, code: .tooLarge)
        case .wrongDigest:
            .failure(400, "the bytes are not those of the digest", code: .checksumMismatch)
        case .gone: .failure(StoreError.missing)
        case .aborted: .failure(400, "the upload ended early", code: .truncated)
        case .refused:
            .failure(
                502, "the store behind this gateway: \(failure.detail)", code: failure.code)
        }
    }
}
