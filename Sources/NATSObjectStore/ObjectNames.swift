// Theory of operation.
//
// A store `b` is the stream `OBJ_b`. The bytes of an object are chunks on `$O.b.C.<id>`, where the
// identifier is new with each put; what is known of it is one JSON message on
// `$O.b.M.<base64url of the name>`, which replaces the one before it. So an object is what its
// name's last message says, and chunks that no message names are nobody's.
internal import BridgeBytes
internal import NATSJetStream
internal import NATSWire

/// The subjects of a store.
struct ObjectNames: Sendable {
    private static let streamPrefix = "OBJ_"

    /// Longest subject of what is said of an object, so that a line of the protocol (4096 bytes,
    /// unless a server is told otherwise) holds it with all that stands beside it. A server ends
    /// the connection at a longer one.
    static let longestSubject = 3600

    let bucket: String

    /// The stream of the store.
    var stream: String { Self.streamPrefix + bucket }
    /// What stands before the identifier in the subject of a piece.
    var chunksPrefix: String { "$O.\(bucket).C." }
    var chunks: SubjectPattern { Self.pattern(chunksPrefix + ">") }
    var infos: SubjectPattern { Self.pattern("$O.\(bucket).M.>") }

    func chunks(of id: String) -> Subject { Self.subject(chunksPrefix + id) }

    func info(of name: String) -> Subject {
        Self.subject("$O.\(bucket).M.\(Self.base64URL(Bytes(utf8: name)))")
    }

    /// The store of a stream; nil when it is none's, by its beginning or by what follows.
    static func bucket(_ stream: String) -> String? {
        let name = stream.dropFirst(streamPrefix.count)
        guard stream.hasPrefix(streamPrefix), isBucket(name) else { return nil }
        return String(name)
    }

    static func isBucket(_ name: some StringProtocol) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    static func check(bucket: String, _ operation: String) throws(JetStreamError) {
        guard isBucket(bucket) else {
            throw JetStreamError(
                .invalidArgument, operation: operation,
                detail: "a store has letters, digits, - and _")
        }
    }

    /// Whether it can be one token of a subject, and no wildcard.
    static func isIdentifier(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= WireLimits.maxSubject / 2
            && text.utf8.allSatisfy { byte in
                byte > 0x20 && byte != 0x7F && byte != UInt8(ascii: ".")
                    && byte != UInt8(ascii: "*") && byte != UInt8(ascii: ">")
            }
    }

    /// The name of the object that a message with that subject is about; the last token of the
    /// subject where that is no name.
    func object(of subject: Subject) -> String {
        let token = subject.text.split(separator: ".").last.map(String.init) ?? ""
        let text = token.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        let bytes = try? Base64.decode(Bytes(utf8: String(text)).span)
        guard let name = bytes.flatMap({ String(validating: $0) }), !name.isEmpty else {
            return token
        }
        return name
    }

    /// Base64 with `-` and `_`, and with padding.
    static func base64URL(_ bytes: Bytes) -> String {
        let text = String(repairing: Base64.encode(bytes.span))
        return String(text.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
    }

    // Only checked names and our own identifiers come here.
    private static func subject(_ text: String) -> Subject {
        Subject(received: Bytes(utf8: text))
    }

    private static func pattern(_ text: String) -> SubjectPattern {
        SubjectPattern(Subject(received: Bytes(utf8: text)))
    }
}
