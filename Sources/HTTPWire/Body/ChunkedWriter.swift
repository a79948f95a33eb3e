package import BridgeBytes

/// Puts the chunked coding (RFC 9112 section 7.1) around data that is sent from where it lies:
/// the line before a chunk, and the end of the body.
package enum ChunkedWriter {
    /// The line before a chunk of `count` bytes. `count` is not zero: that would end the body.
    package static func beginChunk(of count: Int, into writer: inout ByteWriter) {
        precondition(count > 0, "a chunk of no bytes ends the body; use `end`")
        writer.append(utf8: String(count, radix: 16))
        writer.append("\r\n")
    }

    /// The last chunk, without trailers.
    package static func end(into writer: inout ByteWriter) { writer.append("0\r\n\r\n") }
}
