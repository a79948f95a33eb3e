internal import BridgeBytes
internal import BridgeHTTP
package import BridgeSockets
internal import HTTPWire

/// Resolves the hosts of links that only public addresses may answer for.
package struct PublicNames: Sendable {
    /// Looks a name up.
    private let lookUp: @Sendable (String, Int) async throws(SocketError) -> [Address]
    /// Which addresses may be connected to.
    private let isPublic: @Sendable (Address) -> Bool

    /// The system's resolver and the registries' ranges, unless a test says otherwise.
    package init(
        lookUp: @escaping @Sendable (String, Int) async throws(SocketError) -> [Address] = {
            host, port async throws(SocketError) in
            try await Resolver.addresses(host: host, port: port)
        },
        isPublic: @escaping @Sendable (Address) -> Bool = { $0.isPublic }
    ) {
        self.lookUp = lookUp
        self.isPublic = isPublic
    }

    /// The addresses that a link may be fetched from, looked up once.
    /// - Throws: `ClaimError` with `linkRefused` when any of them is not public, since a name that
    ///   has such an address has no business in a link; `unavailable` when there is none.
    func addresses(
        of url: HTTPURL, _ policy: LinkPolicy, correlationID: String
    ) async throws(ClaimError) -> [Address] {
        let found: [Address]
        do throws(SocketError) {
            found = try await lookUp(url.host, url.port)
        } catch {
            throw ClaimError(
                .unavailable, .download, url: url.description, error.detail,
                httpError: HTTPError(.resolveFailed, .resolve, url: "", error.detail),
                correlationID: correlationID)
        }
        if let closed = found.first(where: { !isPublic($0) }) {
            throw policy.refusal(
                .address, url.description, "\(closed.host) is not a public address")
        }
        return found
    }
}
