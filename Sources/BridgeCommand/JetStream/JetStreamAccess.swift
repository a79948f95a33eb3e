internal import BridgeConsole
internal import NATSCore
internal import NATSJetStream
internal import NATSWire

/// What the commands have in common that ask JetStream something: a connection for one task.
enum JetStreamAccess {
    /// Of every such command.
    static let options: [OptionSpecification] =
        JetStreamPlace.specifications + CommonOptions.nats + CommonOptions.everywhere

    /// Connects, has something done, and closes.
    /// - Parameters:
    ///   - stage: What is done, for an error that it is not done in time.
    ///   - target: What it is done to.
    ///   - hasEnd: Whether it ends by itself. What goes on does not wait for one answer as long as
    ///     it is to go on.
    /// - Throws: What the body throws; `timeout` and `cancelled` as `Deadline` does.
    static func run<T: Sendable>(
        _ stage: String, _ target: String?, _ arguments: ParsedArguments, _ console: Console,
        hasEnd: Bool = true,
        _ body: @escaping @Sendable (JetStream) async throws(CommandFailure) -> T
    ) async throws(CommandFailure) -> T {
        let common = try CommonOptions(arguments)
        var options = JetStreamOptions()
        let usual = CommonOptions.defaultTimeout
        options.timeout = hasEnd ? common.timeout ?? usual : min(common.timeout ?? usual, usual)
        let settings = options
        return try await Deadline.run(common.timeout, stage: stage, target: target) {
            () throws(CommandFailure) in
            let client = try await NATSAccess.connect(common, console)
            do throws(CommandFailure) {
                let result = try await body(JetStream(client: client, options: settings))
                await client.close()
                return result
            } catch {
                await client.close()
                throw error
            }
        }
    }
}
