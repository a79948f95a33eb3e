internal import ArrowIPC
internal import BridgeBytes
internal import BridgeEnvelope
internal import NATSBridge
internal import NATSCore
internal import NATSWire

/// Prints received messages, and writes their payloads into files where that is wanted.
struct MessageOutput: Sendable {
    let console: Console
    /// The directory for payloads; nil to print values.
    let directory: String?

    init(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        self.console = console
        directory = arguments["--out"]
        if let directory { try FileBytes.makeDirectory(directory) }
    }

    /// Turns a message into values and prints it; one that cannot be used is reported.
    /// - Returns: Why it could not be used, if so.
    @discardableResult
    func show(
        _ message: NATSMessage, with bridge: Bridge, position: StreamPlace? = nil
    ) async -> CommandFailure? {
        do throws(CommandFailure) {
            let received: Received
            do throws(BridgeError) { received = try await bridge.receive(message) } catch {
                throw CommandFailure(error)
            }
            try show(received, position: position)
            return nil
        } catch {
            report(error, message, position)
            return error
        }
    }

    /// Prints a message.
    func show(
        _ message: Received, position: StreamPlace? = nil
    ) throws(CommandFailure) {
        let paths = try save(message)
        if console.json {
            do throws(ArrowError) {
                console.raw(try MessageLine.encode(message, position, paths: paths))
            } catch {
                throw CommandFailure(
                    error, target: message.subject.text,
                    correlationID: message.envelope.correlationID)
            }
        } else {
            console.line(MessageText.head(of: message, position))
            for line in MessageText.payloads(of: message, paths: paths) { console.line(line) }
        }
    }

    private func report(
        _ failure: CommandFailure, _ message: NATSMessage, _ position: StreamPlace?
    ) {
        console.remark(failure.line)
        guard console.json else { return }
        console.line(
            MessageLine.error(
                failure, subject: message.subject, headers: try? message.headers(),
                position: position))
    }

    /// Writes each payload's serialized bytes into a file of its own.
    private func save(_ message: Received) throws(CommandFailure) -> [String?] {
        guard let directory else { return message.payloads.map { _ in nil } }
        var paths: [String?] = []
        for (index, payload) in message.payloads.enumerated() {
            let parts = [message.envelope.messageID, String(index + 1), payload.name]
            let name = parts.map(Self.plain).joined(separator: "-")
            let path = "\(directory)/\(name)\(Self.ending(payload.typeName, name))"
            try FileBytes.write(payload.bytes, to: path)
            paths.append(path)
        }
        return paths
    }

    /// Longest part of a file's name that comes from a peer.
    private static let longestPart = 80

    /// A peer's text as a part of a file's name: no separators, no leading dot, bounded.
    private static func plain(_ text: String) -> String {
        let letters = text.unicodeScalars.prefix(longestPart).map { scalar -> Character in
            let isPlain =
                scalar.isASCII
                && (scalar.properties.isAlphabetic
                    || "0123456789._-"
                        .unicodeScalars.contains(scalar))
            return isPlain ? Character(scalar) : "_"
        }
        return letters.first == "." ? "_" + letters.dropFirst() : String(letters)
    }

    private static func ending(_ type: String, _ name: String) -> String {
        let ending =
            switch type {
            case "text": ".txt"
            case "dictionary", "jsontable": ".json"
            case "arrowtable": ".arrows"
            default: ""
            }
        return name.hasSuffix(ending) ? "" : ending
    }
}
