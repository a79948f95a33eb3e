package import BridgeBytes

/// JSON that is handed on piece by piece while it is written, so that memory does not depend on
/// how much there is.
///
/// Whoever writes says after each value that now is a good time (`relieve`); texts and bytes of
/// any size relieve themselves. A piece ends between two characters.
package struct JSONPieces: ~Copyable {
    /// From this size on, a piece is handed on.
    package static let pieceSize = 64 << 10
    /// Room of a piece: what is written between two times of relief goes beyond the size a bit.
    private static let capacity = 80 << 10
    /// How much of a text is written at once; three divides it, for base64.
    private static let partSize = 24 << 10

    /// Writes values; what it has is handed on from time to time.
    package var writer: JSONWriter
    private let sink: ((Bytes) -> Bool)?
    /// Whether the sink takes no more, so that all further writing is in vain.
    package private(set) var isRefused = false

    /// - Parameter sink: Takes a piece, and says whether it wants more. Without one all pieces stay
    ///   in the writer.
    package init(sink: ((Bytes) -> Bool)? = nil) {
        writer = JSONWriter(capacity: sink == nil ? 4096 : Self.capacity)
        self.sink = sink
    }

    /// Hands on what has been written when it is a piece.
    package mutating func relieve() {
        if writer.count >= Self.pieceSize { handOn() }
    }

    private mutating func handOn() {
        guard let sink else { return }
        let piece = writer.take(capacity: Self.capacity)
        if !isRefused, !sink(piece) { isRefused = true }
    }

    /// Hands on what is left.
    package mutating func finish() {
        if writer.count > 0 { handOn() }
    }

    /// Writes valid UTF-8 as a string.
    package mutating func text(_ text: Bytes) {
        writer.beginString()
        var start = 0
        while start < text.count, !isRefused {
            var end = min(start + Self.partSize, text.count)
            // Back to the first byte of a character.
            while end < text.count, end > start, text[end] & 0xC0 == 0x80 { end -= 1 }
            writer.stringPart(text.span.extracting(start..<end))
            relieve()
            start = end
        }
        writer.endString()
    }

    /// Writes bytes as a string of lower-case hexadecimal digits.
    package mutating func hex(_ bytes: Bytes) {
        parts(bytes) { $0.hexPart($1) }
    }

    /// Writes bytes as a string in base64.
    package mutating func base64(_ bytes: Bytes) {
        parts(bytes) { $0.base64Part($1) }
    }

    private mutating func parts(
        _ bytes: Bytes, _ write: (inout JSONWriter, Span<UInt8>) -> Void
    ) {
        writer.beginString()
        var start = 0
        while start < bytes.count, !isRefused {
            let end = min(start + Self.partSize, bytes.count)
            write(&writer, bytes.span.extracting(start..<end))
            relieve()
            start = end
        }
        writer.endString()
    }

    /// Writes a value with all that is in it.
    package mutating func value(_ value: JSONValue) {
        switch value {
        case .string(let text): self.text(Bytes(utf8: text))
        case .array(let values):
            writer.beginArray()
            for value in values where !isRefused { self.value(value) }
            writer.endArray()
        case .object(let object):
            writer.beginObject()
            for (name, value) in object where !isRefused {
                writer.key(name)
                self.value(value)
            }
            writer.endObject()
        default: writer.value(value)
        }
        relieve()
    }
}
