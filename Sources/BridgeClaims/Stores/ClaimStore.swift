public import BridgeBytes

/// A place that keeps large payloads, so that a message carries only a link.
///
/// Each payload is stored once under an identifier that nobody can guess, lives for a bounded
/// time, and is not removed by reading: a message may have several receivers.
public protocol ClaimStore: Sendable {
    /// Stores a payload.
    ///
    /// Transient failures are retried; a payload whose answer was lost is not stored twice where
    /// the store can tell. Cancelling the task ends the upload; what was begun is left to the
    /// store's time to live.
    /// - Throws: `ClaimError` with `unavailable`, `timeout`, `authorizationFailed`, `refused`,
    ///   `storageFull`, `tooLarge`, `sizeMismatch`, `uploadConflict`,
    ///   `unexpectedAnswer`, `cancelled`, or codes of the store's own.
    func upload(_ content: ClaimContent, correlationID: String) async throws(ClaimError) -> Claim

    /// Fetches a payload into memory, verified: never a truncated or corrupted one.
    ///
    /// Cancelling the task ends the download with the code `cancelled`.
    /// - Throws: `ClaimError` with `payloadExpired` or `payloadNotFound` when the payload is gone;
    ///   `linkRefused`, `unavailable`, `timeout`, `tooLarge`, `sizeMismatch`, `checksumMismatch`,
    ///   `invalidChecksum`, `undecodableContent`, `memoryExhausted`, `unexpectedAnswer`,
    ///   `cancelled`, or codes of the store's own.
    func download(_ request: ClaimDownload) async throws(ClaimError) -> Bytes

    /// Removes a payload. One that is gone already counts as removed.
    ///
    /// Cancelling the task ends the attempts; the payload may be gone by then.
    /// - Throws: `ClaimError` with `unavailable`, `timeout`, `refused`, `cancelled`, or codes of
    ///   the store's own.
    func delete(_ claim: Claim, correlationID: String) async throws(ClaimError)

    /// Removes what a link of an envelope leads to, with the store's own right to delete: the
    /// receiver has no token of the upload. What is gone already counts as removed.
    ///
    /// Cancelling the task ends the attempts; the payload may be gone by then.
    /// - Parameter policy: Where links may lead; nil: where `linkPolicy` says.
    /// - Throws: `ClaimError`: `linkRefused` for a link that is not followed, `refused` for one
    ///   that leads to another store, or to a store that grants no such right; or as
    ///   `delete(_:correlationID:)`.
    func delete(
        link: String, policy: LinkPolicy?, correlationID: String
    ) async throws(ClaimError)

    /// Looks whether a payload that was just stored can be fetched by its link, without fetching
    /// it. A bridge asks once, for its first link.
    ///
    /// Cancelling the task ends the look with the code `cancelled`.
    /// - Parameter policy: Where receivers follow links; nil: where `linkPolicy` says.
    /// - Throws: `ClaimError`: `linkRefused` when receivers of the same settings would refuse it,
    ///   `sizeMismatch` when the store has not what was sent, or as `download(_:)`.
    func checkLink(
        _ claim: Claim, policy: LinkPolicy?, correlationID: String
    ) async throws(ClaimError)

    /// Which links this store's payloads have.
    var linkPolicy: LinkPolicy { get }
}

extension ClaimStore {
    /// Refuses: a store that says nothing of it grants receivers no right to delete.
    ///
    /// Nothing in it waits, so cancelling the task changes nothing.
    /// - Throws: `ClaimError` with `refused`.
    public func delete(
        link: String, policy: LinkPolicy?, correlationID: String
    ) async throws(ClaimError) {
        throw ClaimError(
            .refused, .delete, url: Redaction.url(link),
            "this store lets nobody delete by a link", correlationID: correlationID)
    }

    /// Looks at the link's text only.
    ///
    /// Nothing in it waits, so cancelling the task changes nothing.
    /// - Throws: `ClaimError` with `linkRefused`.
    public func checkLink(
        _ claim: Claim, policy: LinkPolicy?, correlationID: String
    ) async throws(ClaimError) {
        _ = try (policy ?? linkPolicy).judge(claim.url)
    }
}

/// A payload to be stored.
public struct ClaimContent: Sendable {
    /// The name that the payload gets; it goes into the link.
    public var name: String
    /// The bytes, in pieces that are sent from where they lie.
    public var segments: Segments
    /// How long the store shall keep it: more than nothing. Stores count in seconds, to which a
    /// fraction is rounded up. What a store makes of it stands in `Claim.grantedLife`.
    public var timeToLive: Duration
    /// Which digest is taken while it is sent.
    public var checksumAlgorithm: ChecksumAlgorithm

    /// What kind of content it is, such as `image/png`: whoever reads the link is told so.
    public var contentType: String

    /// Creates the description of a payload; a day to live, the fast digest, and bytes of no
    /// special kind.
    public init(
        name: String, segments: Segments, timeToLive: Duration = .seconds(86_400),
        checksumAlgorithm: ChecksumAlgorithm = .xxh64,
        contentType: String = "application/octet-stream"
    ) {
        self.contentType = contentType
        self.name = name
        self.segments = segments
        self.timeToLive = timeToLive
        self.checksumAlgorithm = checksumAlgorithm
    }

    /// Bytes of all segments together.
    public var size: Int { segments.byteCount }
}

/// A payload that is stored: what the envelope tells about it, and how to remove it.
public struct Claim: Sendable, Hashable {
    /// The absolute URL that receivers fetch.
    public var url: String
    /// The store's identifier.
    public var id: String
    /// The secret that removes the payload; never part of an envelope or a log line.
    public var token: String?
    /// Size in bytes.
    public var size: Int
    /// `xxh64:<hex>` or `sha256:<hex>` of the bytes.
    public var checksum: String
    /// When the store forgets it, if it said so.
    public var expiresAt: Timestamp?
    /// How long the store keeps it from now on, by its own clock and to the second, if it said
    /// so: it may be less than was asked for.
    public var grantedLife: Duration?

    /// Creates a claim from its parts.
    public init(
        url: String, id: String, token: String?, size: Int, checksum: String,
        expiresAt: Timestamp? = nil
    ) {
        self.url = url
        self.id = id
        self.token = token
        self.size = size
        self.checksum = checksum
        self.expiresAt = expiresAt
    }
}

extension Claim: CustomStringConvertible {
    /// Size, digest and the store's identifier; neither the token nor the link.
    public var description: String { "\(id): \(size) bytes, \(checksum)" }
}

/// A payload to be fetched.
public struct ClaimDownload: Sendable {
    /// The link of the envelope. It comes from outside, so the policy judges it first.
    public var url: String
    /// The size that the sender vouches for; nil when the envelope only hints at it.
    public var expectedSize: Int?
    /// The named digest that the sender vouches for. One with an unknown name is not verified.
    public var expectedChecksum: String?
    /// Most bytes to take, checked before memory is asked for: `defaultLimit` unless told
    /// otherwise. With none or fewer only an empty payload is taken.
    public var limit: Int
    /// When to try again.
    public var retry: RetryPolicy
    /// Where links may point; nil for the store's own origin only.
    public var policy: LinkPolicy?
    /// The flow that the payload belongs to, for errors.
    public var correlationID: String
    /// The memory that the payload goes on; nil where nobody counts. It grows as soon as the
    /// store tells the payload's size, before memory is asked for; for a payload of unknown size
    /// it grows with it. What lies in a mapped file counts too. Where it cannot grow, the download
    /// fails: with `tooLarge` above the reservation's limit, else with `memoryExhausted`.
    public var reservation: MemoryReservation?
    /// Bytes of the reservation that were asked for this payload; what it needs beyond them is
    /// added. So the links of one message can share its reservation.
    public var reservedShare: Int
    /// Most connections at a time that fetch a payload of 64 MiB or more, whose size is expected,
    /// from a store that can be asked for parts of one version; a single one where it is fast
    /// enough (100 MB/s), or with 1 or less. `defaultConnections` unless told otherwise.
    public var maxConnections = ClaimDownload.defaultConnections
    /// Bytes a second of one connection from which on more of them gain nothing.
    package var fastRate = 100_000_000
    /// What one request of several connections asks for, in bytes: 8 MiB. Payloads of eight pieces
    /// or more are fetched so.
    package var pieceSize = 8 << 20
    /// Told of how many bytes of the payload are here, and of how many there will be where that
    /// is known; on a thread of the store's, so it must not block.
    public var progress: (@Sendable (_ done: Int, _ total: Int?) -> Void)?
    /// Makes memory of a payload's length that nobody else reads or writes; nil, also in answer:
    /// as the client does. Asked again where what has come is of no use.
    package var place: (@Sendable (Int) async -> ByteRegion?)?

    /// Most bytes of one payload where nobody says otherwise: 2 GiB.
    public static let defaultLimit = 2 << 30

    /// Most connections at a time for one payload where nobody says otherwise: 4.
    public static let defaultConnections = 4

    /// Creates the description of a download.
    public init(
        url: String, expectedSize: Int? = nil, expectedChecksum: String? = nil,
        limit: Int = ClaimDownload.defaultLimit, retry: RetryPolicy = RetryPolicy(),
        policy: LinkPolicy? = nil,
        correlationID: String = "", reservation: MemoryReservation? = nil, reservedShare: Int = 0
    ) {
        self.url = url
        self.expectedSize = expectedSize
        self.expectedChecksum = expectedChecksum
        self.limit = limit
        self.retry = retry
        self.policy = policy
        self.correlationID = correlationID
        self.reservation = reservation
        self.reservedShare = reservedShare
    }
}
