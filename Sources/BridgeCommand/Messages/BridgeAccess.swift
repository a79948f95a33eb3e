internal import BridgeBytes
internal import BridgeClaims
internal import BridgeConsole
internal import NATSBridge
internal import NATSCore
internal import NATSWire

/// A bridge as the common options describe it.
struct BridgeAccess: Sendable {
    let bridge: Bridge
    let options: CommonOptions

    /// Connects. The environment's and the command line's URLs may hold credentials; no message
    /// of ours repeats them.
    static func connect(
        _ options: CommonOptions, _ console: Console, timeToLive: Duration? = nil,
        digest: ChecksumAlgorithm? = nil
    ) async throws(CommandFailure) -> BridgeAccess {
        let access = try StoreAccess(options, console)
        var settings = BridgeOptions(
            client: try await NATSAccess.clientOptions(options, console), store: access.store)
        settings.linkPolicy = access.policy
        settings.retry = access.retry
        settings.senderName = "natsbridge"
        if let most = options.connections { settings.maxDownloadConnections = most }
        if let threshold = options.threshold { settings.threshold = threshold }
        if let limits = options.arrowLimits { settings.arrowLimits = limits }
        if let timeToLive { settings.timeToLive = timeToLive }
        if let digest { settings.checksumAlgorithm = digest }
        if let memory = options.memory {
            settings.memoryBudget = memory
            // Whoever grants more wants larger messages, too.
            settings.messageLimit = max(settings.messageLimit, memory / 4 * 3)
        }
        if console.verbose { settings.log = LogSink { event in console.trace(event.description) } }
        var store = StoreAddress.Settings()
        store.publicURL = access.publicURL
        do throws(BridgeError) {
            let bridge =
                access.store == nil
                ? try await Bridge.connect(settings, store: access.address, settings: store)
                : try await Bridge.connect(settings)
            return BridgeAccess(bridge: bridge, options: options)
        } catch {
            throw CommandFailure(error)
        }
    }

    /// Connects for a command that sends: a failure says that the message was not sent.
    static func connectToSend(
        _ options: CommonOptions, _ console: Console, timeToLive: Duration?,
        digest: ChecksumAlgorithm?
    ) async throws(CommandFailure) -> BridgeAccess {
        do throws(CommandFailure) {
            return try await connect(options, console, timeToLive: timeToLive, digest: digest)
        } catch {
            var failure = error
            failure.outcome = PublishOutcome.lost.rawValue
            throw failure
        }
    }

    /// Tells what the bridge has found out about its store.
    func tellFindings(_ console: Console) {
        for failure in bridge.storeFindings.map({ CommandFailure($0) }) {
            console.remark("\(failure.line) (this is a warning)")
        }
    }

    /// A subject of the command line.
    static func subject(_ text: String) throws(CommandFailure) -> Subject {
        do throws(SubjectError) { return try Subject(text) } catch {
            throw .usage("subject \"\(text)\": \(error)")
        }
    }

    /// A subject of the command line that may hold wildcards.
    static func pattern(_ text: String) throws(CommandFailure) -> SubjectPattern {
        do throws(SubjectError) { return try SubjectPattern(text) } catch {
            throw .usage("subject \"\(text)\": \(error)")
        }
    }
}
