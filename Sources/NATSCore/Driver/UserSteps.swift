internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// What a connection needs of others before it can be begun: the user's choice, wait, dialer and
/// credentials, and the system's addresses for a name. Each runs in a task of its own on the
/// common threads, since it may block, and answers to the driver.
///
/// What is asked for an attempt has a deadline, which is the machine's: when it is over, or the
/// client is, the task is cancelled, and its answer reaches nobody.
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
        let credentials: PreparedCredentials
        /// What the machine is told of them.
        let summary: ClientMachine.Credentials

        var means: ClientMachine.Means {
            ClientMachine.Means(ways: ways.count, credentials: summary)
        }
    }

    private let options: NATSClientOptions
    /// The client's own thread, where the process may be busy on the common ones.
    private weak let reactor: Reactor?
    /// How the driver is reached.
    private let home: HandlerHandle<ClientDriver>
    /// What is asked for the present attempt, and for the connection in use.
    private let tasks = Mutex<(attempt: Task<Void, Never>?, renewal: Task<Void, Never>?)>(
        (nil, nil))

    init(_ options: NATSClientOptions, reactor: Reactor?, home: HandlerHandle<ClientDriver>) {
        self.options = options
        self.reactor = reactor
        self.home = home
    }

    private func answer(_ answer: @escaping @Sendable (ClientDriver) -> Void) {
        home.perform { driver, _ in answer(driver) }
    }

    /// Whatever is still asked is not wanted any more.
    func cancel() {
        let pending = tasks.withLock { $0 }
        pending.attempt?.cancel()
        pending.renewal?.cancel()
    }

    private func setAttempt(_ task: Task<Void, Never>?) {
        let last = tasks.withLock { tasks in
            defer { tasks.attempt = task }
            return tasks.attempt
        }
        last?.cancel()
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
        let credentials = options.credentials.credentials(for: server)
        if options.dialer == nil, let known = credentials.atOnce,
            let address = Address(numericHost: server.host, port: server.port)
        {
            return prepared(token, approach(server, [.address(address)], known))
        }
        // What the user gave may block; looking a name up does not, and must not wait.
        let isOurs = options.dialer == nil && credentials.atOnce != nil
        setAttempt(
            Task.detached(executorPreference: isOurs ? reactor : nil) { [self] in
                do throws(ClientMachine.Unreachable) {
                    prepared(token, try await approach(to: server))
                } catch {
                    answer { $0.prepared(token, .failure(error)) }
                }
            })
    }

    private func prepared(_ token: Int, _ approach: Approach) {
        answer { $0.prepared(token, .success(approach)) }
    }

    private func approach(
        _ server: ServerURL, _ ways: [Way], _ credentials: PreparedCredentials
    ) -> Approach {
        Approach(
            server: server, ways: ways, credentials: credentials,
            summary: credentials.summary(now: MonotonicClock.now, wallClock: WallClock.now))
    }

    /// Credentials come first: without them nobody is called.
    private func approach(
        to server: ServerURL
    ) async throws(ClientMachine.Unreachable) -> Approach {
        let credentials: PreparedCredentials
        do throws(CredentialsFailure) {
            credentials = try await options.credentials.prepared(for: server)
        } catch {
            throw ClientMachine.Unreachable(error)
        }
        do {
            return approach(server, try await ways(to: server), credentials)
        } catch let error as SocketError {
            throw ClientMachine.Unreachable(error.description)
        } catch {
            // The error is the user's and may hold a secret.
            throw ClientMachine.Unreachable("the dialer failed: \(type(of: error))")
        }
    }

    private func ways(to server: ServerURL) async throws -> [Way] {
        if let dialer = options.dialer { return [.dialed(try await dialer(server))] }
        return try await Resolver.addresses(host: server.host, port: server.port)
            .map { .address($0) }
    }

    /// What CONNECT says to a server with this nonce.
    func authenticate(
        _ id: ClientMachine.ConnectionID, _ credentials: PreparedCredentials, nonce: String?
    ) {
        setAttempt(
            Task.detached { [self] in
                do throws(CredentialsFailure) {
                    let signed = try await credentials.signed(nonce)
                    answer { $0.authenticated(id, signed) }
                } catch {
                    answer { driver in driver.input { $0.authenticated(id, error) } }
                }
            })
    }

    /// Whether there are newer credentials for the server in use.
    func checkCredentials(_ id: ClientMachine.ConnectionID, _ server: ServerURL) {
        let task = Task.detached { [self] in
            let found = try? await options.credentials.prepared(for: server)
                .summary(now: MonotonicClock.now, wallClock: WallClock.now)
            answer { driver in
                driver.input { $0.credentialsChecked(id, found, now: MonotonicClock.now) }
            }
        }
        let last = tasks.withLock { tasks in
            defer { tasks.renewal = task }
            return tasks.renewal
        }
        last?.cancel()
    }
}
