public import BridgeBytes

/// Several stores as one: each payload goes to the first that is meant for it.
///
/// ```swift
/// let store = ClaimStores([
///     .type("image/", in: gallery),
///     .size(from: 64 << 20, in: s3),
///     .all(in: fileServer),
/// ])
/// ```
///
/// A link is followed by the first of the stores that does not refuse it, in their order, so a
/// `HandlerStore`, which takes every link, stands last. A policy of the receiver's own counts for
/// all of them, as it does for one.
public struct ClaimStores: ClaimStore {
    /// One of the stores, and what it is meant for.
    public struct Choice: Sendable {
        let store: any ClaimStore
        let isMeant: @Sendable (ClaimContent) -> Bool

        /// For payloads of that many bytes and more.
        public static func size(from least: Int, in store: any ClaimStore) -> Choice {
            when(in: store) { $0.size >= least }
        }

        /// For payloads whose media type begins so, in whatever case: `image/png`, or `image/` for
        /// every image.
        public static func type(_ prefix: String, in store: any ClaimStore) -> Choice {
            let prefix = prefix.lowercased()
            return when(in: store) { $0.contentType.lowercased().hasPrefix(prefix) }
        }

        /// For payloads of which a function says so. It is called once for each payload that no
        /// earlier choice took, and must not block.
        public static func when(
            in store: any ClaimStore, _ isMeant: @escaping @Sendable (ClaimContent) -> Bool
        ) -> Choice {
            Choice(store: store, isMeant: isMeant)
        }

        /// For every payload: the last choice.
        public static func all(in store: any ClaimStore) -> Choice { when(in: store) { _ in true } }
    }

    private let choices: [Choice]

    /// Several stores, in the order in which they are asked. The same store may be meant for
    /// several kinds of payloads.
    public init(_ choices: [Choice]) { self.choices = choices }

    /// Which links are followed by any of the stores.
    public var linkPolicy: LinkPolicy {
        choices.reduce(into: LinkPolicy(allowing: [])) { policy, choice in
            let other = choice.store.linkPolicy
            policy.allowedOrigins.formUnion(other.allowedOrigins)
            // The first store that knows a name is the one that is asked.
            policy.replacements.merge(other.replacements) { first, _ in first }
            policy.publicPorts.formUnion(other.publicPorts)
        }
    }

    /// Stores a payload in the first store that is meant for it. The claim's `id` begins with the
    /// number of that store.
    ///
    /// Cancelling the task does what it does at that store.
    /// - Throws: `ClaimError` as that store's, or with `refused` when no store is meant for it.
    public func upload(
        _ content: ClaimContent, correlationID: String
    ) async throws(ClaimError) -> Claim {
        let number = try number(for: content, correlationID)
        let claim = try await choices[number].store.upload(content, correlationID: correlationID)
        return Self.numbered(claim, number)
    }

    /// Fetches a payload with the first store that does not refuse its link.
    ///
    /// Cancelling the task does what it does at that store.
    /// - Throws: `ClaimError` as that store's, or with `linkRefused` as the last one's.
    public func download(_ request: ClaimDownload) async throws(ClaimError) -> Bytes {
        var refusal: ClaimError?
        for choice in choices {
            do throws(ClaimError) { return try await choice.store.download(request) } catch {
                guard error.code == .linkRefused else { throw error }
                refusal = error
            }
        }
        throw refusal ?? Self.none(.policy, request.url, request.correlationID)
    }

    /// Removes a payload from the store that has it.
    ///
    /// Cancelling the task does what it does at that store.
    /// - Throws: `ClaimError` as that store's, or with `refused` for a claim that is of none.
    public func delete(_ claim: Claim, correlationID: String) async throws(ClaimError) {
        let (store, claim) = try owner(of: claim, .delete, correlationID)
        try await store.delete(claim, correlationID: correlationID)
    }

    /// Removes what a link leads to, by the first store that has a right to.
    ///
    /// Cancelling the task does what it does at that store.
    /// - Throws: `ClaimError` as that store's; where none removes it, with `refused` as the first
    ///   that follows the link, or with `linkRefused`.
    public func delete(
        link: String, policy: LinkPolicy?, correlationID: String
    ) async throws(ClaimError) {
        var refusal: ClaimError?
        for choice in choices {
            do throws(ClaimError) {
                return try await choice.store.delete(
                    link: link, policy: policy, correlationID: correlationID)
            } catch {
                guard error.code == .linkRefused || error.code == .refused else { throw error }
                if refusal?.code != .refused { refusal = error }
            }
        }
        throw refusal ?? Self.none(.delete, link, correlationID)
    }

    /// Looks at a link as the store does that has its payload.
    ///
    /// Cancelling the task does what it does at that store.
    /// - Throws: `ClaimError` as that store's, or with `refused` for a claim that is of none.
    public func checkLink(
        _ claim: Claim, policy: LinkPolicy?, correlationID: String
    ) async throws(ClaimError) {
        let (store, claim) = try owner(of: claim, .policy, correlationID)
        try await store.checkLink(claim, policy: policy, correlationID: correlationID)
    }

    // MARK: Which one

    private func number(
        for content: ClaimContent, _ correlationID: String
    ) throws(ClaimError) -> Int {
        guard let number = choices.firstIndex(where: { $0.isMeant(content) }) else {
            throw ClaimError(
                .refused, .upload, url: "?",
                "no store is meant for \(content.size) bytes of \(content.contentType)",
                correlationID: correlationID)
        }
        return number
    }

    /// A store's claim with the number of that store before its `id`, by which `owner` finds it.
    private static func numbered(_ claim: Claim, _ number: Int) -> Claim {
        var claim = claim
        claim.id = "\(number):\(claim.id)"
        return claim
    }

    private func owner(
        of claim: Claim, _ stage: ClaimError.Stage, _ correlationID: String
    ) throws(ClaimError) -> (any ClaimStore, Claim) {
        let parts = claim.id.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int(parts[0]), choices.indices.contains(number) else {
            throw Self.none(stage, claim.url, correlationID)
        }
        var claim = claim
        claim.id = String(parts[1])
        return (choices[number].store, claim)
    }

    private static func none(
        _ stage: ClaimError.Stage, _ url: String, _ correlationID: String
    ) -> ClaimError {
        ClaimError(
            .refused, stage, url: Redaction.url(url), "the payload lies in none of the stores",
            correlationID: correlationID)
    }
}

extension ClaimStores: EarlyClaimStore {
    package func announce(
        _ content: ClaimContent, correlationID: String
    ) async throws(ClaimError) -> EarlyClaim? {
        let number = try number(for: content, correlationID)
        guard let store = choices[number].store as? any EarlyClaimStore,
            let early = try await store.announce(content, correlationID: correlationID)
        else { return nil }
        return EarlyClaim(claim: Self.numbered(early.claim, number), complete: early.complete)
    }
}
