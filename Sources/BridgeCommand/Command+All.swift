package import BridgeConsole
internal import BridgeDemo

extension Command {
    /// All commands, in the order in which the overview lists them.
    package static let all: [Command] = [
        DemoCommand.command, ServeCommand.command, SendCommand.command, ReceiveCommand.command,
        RequestCommand.command,
        ReplayCommand.command, FetchCommand.command, EnvelopeCommand.command,
        ArrowCatCommand.command,
        ArrowCommand.schema, ArrowConvertCommand.command, TableProcess.sender,
        TableProcess.receiver,
    ]
}
