internal import BridgeBytes

/// Which trace a message belongs to, as W3C Trace Context writes it (`traceparent`, `tracestate`).
///
/// It is carried and never made here: whoever traces makes a span, and puts its context into what
/// is sent. A text that breaks the rules of the standard counts as none, as the standard asks.
public struct TraceContext: Sendable, Hashable {
    /// The whole text, such as `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`.
    public let traceparent: String
    /// What vendors add; it means something only beside `traceparent`.
    public let tracestate: String?

    private static let traceRange = 3..<35
    private static let parentRange = 36..<52
    private static let flagsRange = 53..<55
    /// Length of the fields that every version has.
    private static let length = 55

    /// Checks a context. Nil when `traceparent` is not of the form
    /// `<2 hex>-<32 hex>-<16 hex>-<2 hex>` in lower case, has the version `ff`, or is zero where a
    /// trace and a span are named. Later versions may add fields behind a hyphen.
    public init?(traceparent: String, tracestate: String? = nil) {
        let text = Array(traceparent.utf8)
        guard text.count >= Self.length else { return nil }
        for position in 0..<Self.length {
            let isHyphen = [2, 35, 52].contains(position)
            guard isHyphen ? text[position] == 0x2D : Self.isHex(text[position]) else { return nil }
        }
        let version = text[0..<2]
        let isLast = text.count == Self.length
        guard !version.elementsEqual("ff".utf8), isLast || text[Self.length] == 0x2D,
            isLast || !version.elementsEqual("00".utf8),
            text[Self.traceRange].contains(where: { $0 != 0x30 }),
            text[Self.parentRange].contains(where: { $0 != 0x30 })
        else { return nil }
        self.traceparent = traceparent
        self.tracestate = tracestate
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }

    private func part(_ range: Range<Int>) -> String {
        String(decoding: Array(traceparent.utf8)[range], as: UTF8.self)
    }

    /// The trace, in 32 hexadecimal digits.
    public var traceID: String { part(Self.traceRange) }

    /// The span that sent the message, in 16 hexadecimal digits.
    public var parentID: String { part(Self.parentRange) }

    /// Whether whoever sent the message may have recorded its span.
    public var isSampled: Bool { (Int(part(Self.flagsRange), radix: 16) ?? 0) & 1 == 1 }
}

extension TraceContext: CustomStringConvertible {
    /// The text of `traceparent`.
    public var description: String { traceparent }
}

extension Headers {
    private static let traceparentName: HeaderName = "traceparent"
    private static let tracestateName: HeaderName = "tracestate"

    /// The trace that the message belongs to; nil when there is none, or none that can be read.
    ///
    /// Names count in any case, as peers write `Traceparent` too; two values of `traceparent` are
    /// none, and those of `tracestate` belong together (W3C Trace Context, 3.2.1, 3.3.1 and 4.3).
    /// Setting a trace writes both names in lower case in place of what was there; setting nil
    /// removes it. A `tracestate` that no header can hold is left out.
    public var traceContext: TraceContext? {
        get {
            guard !isEmpty else { return nil }
            let parents = texts(Self.traceparentName)
            guard let parent = parents.first, parents.count == 1 else { return nil }
            let states = texts(Self.tracestateName).filter { !$0.isEmpty }
            return TraceContext(
                traceparent: parent,
                tracestate: states.isEmpty ? nil : states.joined(separator: ","))
        }
        set {
            for name in [Self.traceparentName, Self.tracestateName] {
                for field in self where Self.areAlike(field.name, name) { remove(field.name) }
            }
            guard let newValue, let parent = try? HeaderValue(newValue.traceparent) else { return }
            set(Self.traceparentName, parent)
            if let state = newValue.tracestate.flatMap({ try? HeaderValue($0) }) {
                set(Self.tracestateName, state)
            }
        }
    }

    private func texts(_ name: HeaderName) -> [String] {
        compactMap { Self.areAlike($0.name, name) ? $0.value.text : nil }
    }

    /// Whether a name is `name`, which is in lower case, in whatever case it is written.
    private static func areAlike(_ other: HeaderName, _ name: HeaderName) -> Bool {
        let (left, right) = (other.bytes.span, name.bytes.span)
        guard left.count == right.count else { return false }
        for position in 0..<left.count where left[position] | 0x20 != right[position] {
            return false
        }
        return true
    }
}
