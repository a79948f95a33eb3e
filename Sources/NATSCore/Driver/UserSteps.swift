internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire

/// What a connection needs of others before it can be begun: the user's choice, wait, dialer and
/// credentials, and the system's addresses for a name. Each runs in a task of its own on the
/// common threads, since it may block, and answers to the driver.
final class UserSteps: Sendable {
    /// How a server may be reached.
    enum Way: Sendable {
        case address(Address)
        case dialed(DialedSocket)
    }

    /// What an attempt at a server goes by.
    struct Approach: Sendable {
        let server: ServerURL
        let ways: [Way]
        /// What wins over the credentials of the options and the URL.
        let credentials: ServerURL.Credentials?
    }

    private let options: NATSClientOptions
    /// The client's own thread, where the process may be busy on the common ones.
    private weak let reactor: Reactor?
    /// How the driver is reached.
    private let home: HandlerHandle<ClientDriver>

    init(_ options: NATSClientOptions, reactor: Reactor?, home: HandlerHandle<ClientDriver>) {
        self.options = options
        self.reactor = reactor
        self.home = home
    }

    private func answer(_ answer: @escaping @Sendable (ClientDriver) -> Void) {
        home.perform { driver, _ in answer(driver) }
    }

    /// The user's choice among the servers, after a connection was lost.
    func askTarget(_ token: Int, _ pool: [ServerURL], _ info: ServerInfo?) {
        let choose = options.reconnectTarget
        Task.detached { [self] in
            let target = choose?(pool, info)
            answer { driver in
                driver.input { $0.targetChosen(token: token, target, now: MonotonicClock.now) }
            }
        }
    }

    /// The user's own wait before the next attempt.
    func askDelay(_ token: Int, _ failures: Int) {
        let delay = options.reconnectDelay
        Task.detached { [self] in
            let wait = delay?(failures)
            answer { driver in
                driver.input { $0.delayGiven(token: token, wait, now: MonotonicClock.now) }
            }
        }
    }

    /// The ways to a server, and the credentials for it.
    func prepare(_ token: Int, _ server: ServerURL) {
        if options.dialer == nil, options.authentication == nil,
            let address = Address(numericHost: server.host, port: server.port)
        {
            let approach = Approach(server: server, ways: [.address(address)], credentials: nil)
            return answer { $0.prepared(token, .success(approach)) }
        }
        // What the user gave may block; looking a name up does not, and must not wait.
        let isOurs = options.dialer == nil && options.authentication == nil
        Task.detached(executorPreference: isOurs ? reactor : nil) { [self] in
            let result = await approach(to: server)
            answer { $0.prepared(token, result) }
        }
    }

    private func approach(
        to server: ServerURL
    ) async -> Result<Approach, ClientMachine.Unreachable> {
        let ways: [Way]
        do {
            ways = try await self.ways(to: server)
        } catch let error as SocketError {
            return .failure(ClientMachine.Unreachable(error.description))
        } catch {
            // The error is the user's and may hold a secret.
            return .failure(
                ClientMachine.Unreachable("the dialer failed: \(type(of: error))"))
        }
        do {
            let credentials = try await options.authentication?(server)
            return .success(Approach(server: server, ways: ways, credentials: credentials))
        } catch {
            return .failure(ClientMachine.Unreachable("no credentials: \(type(of: error))"))
        }
    }

    private func ways(to server: ServerURL) async throws -> [Way] {
        if let dialer = options.dialer { return [.dialed(try await dialer(server))] }
        return try await Resolver.addresses(host: server.host, port: server.port)
            .map { .address($0) }
    }
}
