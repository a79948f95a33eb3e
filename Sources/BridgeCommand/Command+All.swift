package import BridgeConsole
internal import BridgeDemo

extension Command {
    /// All commands, in the order in which the overview lists them.
    package static let all: [Command] = bridge + jetStream + keyValue + objects + general

    private static let jetStream: [Command] = [
        StreamCommands.list, StreamCommands.info, StreamChangeCommands.add,
        StreamChangeCommands.edit, StreamGetCommand.command, StreamChangeCommands.purge,
        StreamChangeCommands.remove,
        ConsumerCommands.list, ConsumerCommands.info, ConsumerCommands.add,
        ConsumerPauseCommands.pause, ConsumerPauseCommands.resume, ConsumerCommands.remove,
    ]

    private static let keyValue: [Command] = [
        BucketCommands.list, BucketCommands.info, BucketCommands.add, KeyCommands.put,
        KeyCommands.create, KeyCommands.update, KeyCommands.get, KeyCommands.history,
        KeyWatchCommand.command, KeyRemovalCommands.delete, KeyRemovalCommands.purge,
    ]

    private static let objects: [Command] = [
        ObjectCommands.list, ObjectCommands.info, ObjectCommands.add, ObjectPutCommand.command,
        ObjectGetCommand.command, ObjectWatchCommand.command, ObjectLinkCommand.command,
        ObjectLeftoversCommand.command, ObjectCommands.remove,
    ]

    private static let bridge: [Command] = [
        DemoCommand.command, ServeCommand.command, SendCommand.command, ReceiveCommand.command,
        RequestCommand.command, ReplyCommand.command, DoctorCommand.command, BenchCommand.command,
        TraceCommand.command,
        ReplayCommand.command, FetchCommand.command, EnvelopeCommand.command,
        ArrowCatCommand.command,
        ArrowCommand.schema, ArrowConvertCommand.command,
    ]

    private static let general: [Command] = [
        HelpCommand.command, VersionCommand.command, CompletionCommand.command,
        ManualCommands.manual, ManualCommands.cheat,
        TableProcess.sender, TableProcess.receiver,
    ]
}
