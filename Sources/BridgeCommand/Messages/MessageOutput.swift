internal import ArrowIPC
internal import BridgeBytes
internal import BridgeConsole
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSBridge

/// Prints received messages, and writes their payloads into files where that is wanted.
///
/// Each payload stands alone: one that cannot be had is told in its place, and its neighbours are
/// printed or written all the same. Only what this machine refuses, such as a full disk, ends the
/// command.
struct MessageOutput: Sendable {
    let console: Console
    /// The directory for payloads; nil to print values.
    let directory: String?

    /// What tables may claim, and become when they are printed.
    let limits: ArrowLimits

    init(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        self.console = console
        limits = try ArrowLimitOption.limits(arguments) ?? .default
        directory = arguments["--out"]
        guard let directory else { return }
        guard !directory.isEmpty else { throw .usage("--out names no directory") }
        try FileBytes.makeDirectory(directory)
    }

    /// Prints an element of a sequence of messages, and counts it.
    /// - Returns: How many messages there were so far.
    /// - Throws: What this machine refuses.
    func take(
        _ result: Result<Received, BridgeError>, of place: MessagePlace, _ tally: MessageTally
    ) async throws(CommandFailure) -> Int {
        if case .failure(let error) = result, error.isLoss {
            tally.countLoss(showLoss(error, of: place), count: error.lostMessages)
            return tally.messages
        }
        return tally.count(try await show(result, of: place))
    }

    /// Prints a message, or why it cannot be used.
    /// - Returns: Why the message or the first of its payloads cannot be used, if so.
    /// - Throws: What this machine refuses.
    private func show(
        _ result: Result<Received, BridgeError>, of place: MessagePlace
    ) async throws(CommandFailure) -> CommandFailure? {
        switch result {
        case .success(let message): return try await show(message, of: place)
        case .failure(let error):
            let failure = CommandFailure(error)
            console.remark(failure.line)
            if console.json { console.line(MessageJSON.error(failure, of: place)) }
            return failure
        }
    }

    /// Prints a message with what could be had of it.
    func show(
        _ message: Received, of place: MessagePlace
    ) async throws(CommandFailure) -> CommandFailure? {
        var shown: [ShownPayload] = []
        for (index, payload) in message.payloads.enumerated() {
            shown.append(try await shownPayload(payload, index, of: message))
        }
        if console.json {
            try print(message, shown, of: place)
        } else {
            console.line(MessageText.head(of: message, place))
            for line in MessageText.payloads(of: message, shown) { console.line(line) }
        }
        for payload in message.payloads where !payload.isMissing {
            guard let name = payload.unverifiedDigest else { continue }
            console.remark(
                "natsbridge: payload \(LogEvent.quoted(payload.name)) is not verified: its digest"
                    + " \(LogEvent.quoted(name)) is not known here")
        }
        let failures = shown.compactMap(\.failure)
        for failure in failures { console.remark(failure.line) }
        return failures.first
    }

    private func print(
        _ message: Received, _ shown: [ShownPayload], of place: MessagePlace
    ) throws(CommandFailure) {
        var output = JSONPieces { [console] piece in console.jsonPiece(piece) }
        do throws(ArrowError) {
            try MessageJSON.write(message, shown, of: place, into: &output)
        } catch {
            throw CommandFailure(error, target: message.subject.text)
        }
    }

    /// Tells of messages that are missing at this place of the sequence.
    private func showLoss(_ error: BridgeError, of place: MessagePlace) -> CommandFailure {
        let failure = CommandFailure(error)
        console.remark(failure.line)
        if console.json {
            console.line(MessageJSON.loss(failure, count: error.lostMessages, of: place))
        }
        return failure
    }

    private func shownPayload(
        _ payload: ReceivedPayload, _ index: Int, of message: Received
    ) async throws(CommandFailure) -> ShownPayload {
        // The bytes of an unknown type are what there is to know of it.
        if let error = payload.error, error.code != .unknownPayloadType {
            return .failed(CommandFailure(error))
        }
        guard let directory else {
            return console.json
                ? MessageJSON.check(payload, in: message, limits: limits) : .value
        }
        let parts = [message.envelope.messageID, String(index + 1), payload.name]
        let name = parts.map(Self.plain).joined(separator: "-")
        return .file(
            try await Self.write(
                payload.bytes, to: "\(directory)/\(name)",
                ending: Self.ending(of: payload, name)))
    }

    /// Most files of one name; peers choose the names.
    private static let longestSeries = 1 << 30

    /// Writes a file where nothing stands, numbered where it has to be: ids and names of
    /// different messages may be the same, or become the same as parts of a file's name.
    private static func write(
        _ bytes: Bytes, to stem: String, ending: String
    ) async throws(CommandFailure) -> String {
        while true {
            let path = try freePath(stem, ending: ending)
            // In a race the name may be taken meanwhile: then the next free one is looked for.
            if try FileBytes.writeNew(bytes, to: path) { return path }
        }
    }

    /// A path where nothing stands, numbered where it has to be: ids and names of different
    /// messages may be the same, or become the same as parts of a file's name. The numbers of one
    /// name follow each other, so that a free one is found by looking at few of them.
    private static func freePath(
        _ stem: String, ending: String
    ) throws(CommandFailure) -> String {
        func path(_ number: Int) -> String {
            number == 1 ? stem + ending : "\(stem)-\(number)\(ending)"
        }
        var (taken, free) = (0, 1)
        while FileBytes.exists(path(free)) {
            guard free < longestSeries else {
                throw CommandFailure(
                    .refused, code: .limitExceeded, stage: "write", target: stem + ending,
                    detail: "there are too many files of this name")
            }
            (taken, free) = (free, free * 2)
        }
        while free - taken > 1 {
            let middle = taken + (free - taken) / 2
            if FileBytes.exists(path(middle)) { taken = middle } else { free = middle }
        }
        return path(free)
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

    /// The ending that a file of this kind usually has; of media what their first bytes say.
    private static func ending(of payload: ReceivedPayload, _ name: String) -> String {
        let kind = MediaType(typeName: payload.typeName, content: payload.bytes)
        let named = kind.fileName(name)
        switch payload.typeName {
        // An ending that the name has already says no more than the type does.
        case "text", "dictionary", "jsontable", "arrowtable":
            let ending = ".\(kind.fileExtension)"
            return name.hasSuffix(ending) ? "" : ending
        default: return String(named.dropFirst(name.count))
        }
    }
}
