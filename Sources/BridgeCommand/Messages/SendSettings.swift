internal import BridgeBytes
internal import BridgeConsole
internal import BridgeJSON
internal import NATSBridge
internal import NATSWire

extension SendOptions {
    /// The options of one send from the command line.
    init(_ arguments: ParsedArguments) throws(CommandFailure) {
        self.init()
        correlationID = arguments["--correlation-id"]
        messageID = arguments["--msg-id"]
        if let purpose = arguments["--msg-purpose"] { self.purpose = purpose }
        senderName = arguments["--sender-name"]
        senderID = arguments["--sender-id"]
        receiverName = arguments["--receiver-name"] ?? ""
        receiverID = arguments["--receiver-id"] ?? ""
        replyTo = arguments["--reply-to"] ?? ""
        replyToMessageID = arguments["--reply-to-msg-id"] ?? ""
        usesHeaderForm = arguments.has("--raw")
        sendsLinksEarly = arguments.has("--early-link")
        if let text = arguments["--metadata"] { metadata = try Self.object(text) }
        for text in arguments.all("--header") {
            let (name, value) = try HeaderArgument.parse(text, of: "--header")
            headers.append(name, value)
        }
    }

    private static func object(_ text: String) throws(CommandFailure) -> JSONObject {
        guard let object = (try? JSONValue(parsing: Bytes(utf8: text)))?.objectValue else {
            throw .usage("--metadata is not a JSON object")
        }
        return object
    }
}
