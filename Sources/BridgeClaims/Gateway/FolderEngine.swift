package import BridgeBytes
package import BridgeHTTP
internal import BridgeJSON
internal import BridgeSockets

/// A folder that gateways share, on a network file system or one machine.
///
/// A payload lies as `{id}-{name}`, as `FolderStore` has it, so what bridges put there is served as
/// well. What a gateway notes lies beside it as `.{id}.facts`, written first, and renamed before
/// the payload is. It is there a while longer than the payload, so that an expired one is
/// answered with 410.
package struct FolderEngine: GatewayEngine {
    private static let longestFacts = 64 << 10
    /// What an upload that was killed leaves is removed when it is older than this.
    private static let oldestPart = Duration.seconds(86_400)

    private let folder: String
    private let isDurable: Bool
    private var files: FileSystem { FileSystem() }

    init(folder: String, isDurable: Bool) {
        self.folder = folder
        self.isDurable = isDurable
    }

    package var name: String { "file://\(folder)" }
    package var uploadMemory: Int { 2 * UploadPipe.window }

    private func path(_ place: GatewayPlace) -> String {
        "\(folder)/\(FlatName.of(place.id, place.name))"
    }

    private func factsPath(_ place: GatewayPlace) -> String { "\(folder)/.\(place.id).facts" }

    private func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws(SocketError) -> Value
    ) async throws(GatewayFailure) -> Value {
        let result = await BlockingPool.shared.run {
            Result { () throws(SocketError) in try work() }
        }
        do throws(SocketError) { return try result.get() } catch { throw GatewayFailure(error) }
    }

    package func find(
        _ place: GatewayPlace
    ) async throws(GatewayFailure) -> GatewayObject? {
        let (path, note) = (path(place), factsPath(place))
        return try await run { () throws(SocketError) in
            let text = try Self.small(note)
            let facts = text.map { Self.facts($0) } ?? GatewayFacts()
            guard let state = files.state(of: path) else {
                // Its end is known for a while longer.
                guard let end = facts.expires else { return nil }
                var object = GatewayObject(
                    place, size: 0, version: "", modified: end, facts: facts)
                object.isGone = true
                return object
            }
            let modified = Timestamp(milliseconds: state.modified / 1_000_000)
            return GatewayObject(
                place, size: state.size, version: "\(String(state.modified, radix: 36))",
                modified: modified, facts: facts)
        }
    }

    /// A small file; nil where there is none.
    private static func small(_ path: String) throws(SocketError) -> Bytes? {
        do throws(SocketError) {
            return try OpenFile.reading(path).read(at: 0, limit: longestFacts)
        } catch {
            guard error.code == .fileNotFound else { throw error }
            return nil
        }
    }

    private static func facts(_ text: Bytes) -> GatewayFacts {
        let value = try? JSONValue(parsing: text)
        var facts = GatewayFacts { value?[$0.rawValue]?.stringValue }
        if let type = value?["content-type"]?.stringValue { facts.contentType = type }
        return facts
    }

    package func body(
        of object: GatewayObject, _ range: Range<Int>,
        whenOver: (@Sendable (_ isWhole: Bool) -> Void)?
    ) async throws(GatewayFailure) -> ServerAnswer.Body {
        let path = path(object.place)
        let (file, state) = try await run { () throws(SocketError) in
            let file = try OpenFile.reading(path)
            return (file, try file.state())
        }
        guard "\(String(state.modified, radix: 36))" == object.version, state.size == object.size
        else { throw GatewayFailure(.gone, .payloadNotFound, "the file was replaced") }
        if whenOver != nil {
            // It has one reader, whoever takes the name away.
            guard try await remove(object.place) else {
                throw GatewayFailure(.gone, .payloadNotFound, "another reader has it")
            }
        }
        return .file(file, range)
    }

    package func store(
        _ upload: UploadPipe, in place: GatewayPlace, _ facts: GatewayFacts
    ) async throws(GatewayFailure) {
        var generator = SystemGenerator()
        let part = "\(folder)/.\(UniqueID.hex128(using: &generator)).part"
        let file = try await run { () throws(SocketError) in try OpenFile.creating(part) }
        do throws(GatewayFailure) {
            while let piece = try await upload.next() {
                let position = upload.size - piece.count
                try await run { () throws(SocketError) in
                    try file.write(piece.span, at: position)
                }
            }
            try await publish(file, part, place, facts)
        } catch {
            _ = try? await run { () throws(SocketError) in try files.remove(part) }
            throw error
        }
    }

    private func publish(
        _ file: OpenFile, _ part: String, _ place: GatewayPlace, _ facts: GatewayFacts
    ) async throws(GatewayFailure) {
        let (path, note) = (path(place), factsPath(place))
        let text = Self.text(facts)
        try await run { () throws(SocketError) in
            if isDurable { try file.synchronize() }
            let draft = part + "-facts"
            do throws(SocketError) {
                let file = try OpenFile.creating(draft)
                try file.write(text.span, at: 0)
                if isDurable { try file.synchronize() }
                if facts.mustBeNew, files.state(of: path) != nil {
                    _ = try? files.remove(draft)
                    throw SocketError("link", errno: Errno.exists)
                }
                try files.rename(draft, to: note)
                if facts.mustBeNew {
                    // A link never takes an older one's place, as a new name would.
                    try files.link(part, as: path)
                    _ = try files.remove(part)
                } else {
                    try files.rename(part, to: path)
                }
            } catch {
                _ = try? files.remove(draft)
                throw error
            }
            if isDurable { try files.synchronizeDirectory(folder) }
        }
    }

    private static func text(_ facts: GatewayFacts) -> Bytes {
        var object: JSONObject = ["content-type": .string(facts.contentType)]
        for (note, value) in facts.notes { object[note.rawValue] = .string(value) }
        return JSONValue.object(object).encoded()
    }

    @discardableResult
    package func remove(_ place: GatewayPlace) async throws(GatewayFailure) -> Bool {
        let (path, note) = (path(place), factsPath(place))
        return try await run { () throws(SocketError) in
            let wasThere = try files.remove(path)
            _ = try files.remove(note)
            return wasThere
        }
    }

    package func sweep(now: Timestamp, tombstoneTime: Duration) async {
        _ = try? await run { () throws(SocketError) in
            var payloads: [Substring: [String]] = [:]
            let names = try files.names(in: folder)
            for name in names where FlatName.isOne(name) {
                payloads[name.prefix(32), default: []].append(name)
            }
            for name in names where name.hasPrefix(".") {
                if name.hasSuffix(".facts") {
                    bury(name, payloads, now, tombstoneTime)
                } else if name.hasSuffix(".part") || name.hasSuffix(".part-facts") {
                    let path = "\(folder)/\(name)"
                    guard let state = files.state(of: path) else { continue }
                    let age = now.milliseconds - state.modified / 1_000_000
                    if age > Self.oldestPart.milliseconds { _ = try? files.remove(path) }
                }
            }
        }
    }

    /// Removes what has ended, and the note of what ended long ago.
    private func bury(
        _ note: String, _ payloads: [Substring: [String]], _ now: Timestamp,
        _ tombstoneTime: Duration
    ) {
        let path = "\(folder)/\(note)"
        guard let text = try? Self.small(path), let end = Self.facts(text).expires, end <= now
        else { return }
        for name in payloads[note.dropFirst().prefix(32)] ?? [] {
            _ = try? files.remove("\(folder)/\(name)")
        }
        let last = end.advanced(by: tombstoneTime) ?? end
        if last <= now { _ = try? files.remove(path) }
    }
}

extension GatewayFailure {
    init(_ error: SocketError) {
        let kind: Kind =
            switch error.errno {
            case Errno.noSpace, Errno.quotaExceeded: .full
            case Errno.exists: .exists
            case Errno.notFound: .gone
            default: .refused
            }
        // The path in the error is nobody's business outside.
        self.init(kind, error.code, "\(error.operation) failed")
    }
}
