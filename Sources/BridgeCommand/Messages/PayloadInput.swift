internal import ArrowIPC
internal import BridgeBytes
internal import BridgeConsole
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSBridge

/// Turns the command line's payloads into typed values.
enum PayloadInput {
    /// Reads what the arguments name.
    /// - Throws: What is wrong with them; `cancelled` when the task is, also while a pipe waits.
    static func outgoing(_ texts: [String]) async throws(CommandFailure) -> Payloads {
        var payloads: Payloads = []
        let arguments = try texts.map { text throws(CommandFailure) in
            try PayloadArgument(parsing: text)
        }
        guard arguments.count(where: { $0.source == .standardInput }) < 2 else {
            throw .usage("two payloads cannot both be the standard input")
        }
        for argument in arguments {
            payloads.append(Payload(argument.name, try await value(argument)))
        }
        return payloads
    }

    private static func value(
        _ argument: PayloadArgument
    ) async throws(CommandFailure) -> PayloadValue {
        let (bytes, place) = try await content(argument)
        if argument.type == "arrowtable", case .inline = argument.source {
            throw .usage(
                "payload \(argument.name): an arrowtable comes from a file",
                hint: "write \(argument.name):arrowtable=@FILE")
        }
        return try value(bytes, name: argument.name, type: argument.type, place: place)
    }

    /// Bytes as a value of a type.
    /// - Parameter place: Where they come from.
    static func value(
        _ bytes: Bytes, name: String, type: String, place: String
    ) throws(CommandFailure) -> PayloadValue {
        switch type {
        case "text":
            guard let text = String(validating: bytes) else {
                throw damaged(name, place, "is not UTF-8 text")
            }
            return .text(text)
        case "dictionary": return .json(try json(bytes, name, place))
        case "jsontable":
            let rows = try json(bytes, name, place)
            guard rows.arrayValue?.allSatisfy({ $0.objectValue != nil }) == true else {
                throw damaged(name, place, "is not an array of row objects")
            }
            return .jsonTable(rows)
        case "arrowtable":
            do throws(ArrowError) { return .table(try Table(ipcStream: bytes)) } catch {
                throw CommandFailure(error, target: place)
            }
        case "image": return .image(bytes)
        case "audio": return .audio(bytes)
        case "video": return .video(bytes)
        default: return .bytes(bytes)
        }
    }

    /// The bytes, and where they come from.
    private static func content(
        _ argument: PayloadArgument
    ) async throws(CommandFailure) -> (Bytes, String) {
        switch argument.source {
        case .inline(let text): (Bytes(utf8: text), argument.name)
        case .file(let path): (try await FileBytes.read(path), path)
        case .standardInput: (try await FileBytes.read("-"), "standard input")
        }
    }

    private static func json(
        _ bytes: Bytes, _ name: String, _ place: String
    ) throws(CommandFailure) -> JSONValue {
        do throws(JSONError) { return try JSONValue(parsing: bytes) } catch {
            throw damaged(name, place, "is not JSON: \(error.detail)")
        }
    }

    private static func damaged(
        _ name: String, _ place: String, _ reason: String
    ) -> CommandFailure {
        CommandFailure(
            .usage, code: .invalidArgument, stage: "arguments", target: place,
            detail: "payload \(name) \(reason)")
    }
}
