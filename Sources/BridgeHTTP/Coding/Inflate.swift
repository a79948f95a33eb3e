// Theory of operation.
//
// zlib inflates into a region that grows in steps, each step bounded by what is left of the
// limit. So a bomb, kilobytes that stand for gigabytes, costs no more memory than the limit and
// is told as such. Several gzip members one after the other are one content (RFC 1952,
// section 2.2); anything else behind the end is an error, and so is an end that does not come.
package import BridgeBytes
internal import CZlib

/// Undoes the content codings `gzip` and `deflate` (RFC 9110, section 8.4.1).
package enum Inflate {
    /// Why content cannot be inflated.
    package enum Failure: String, Error, Equatable, Sendable {
        /// The bytes are not of the coding, or their check value is wrong.
        case malformed = "they are damaged"
        /// The content ends before it is whole.
        case truncated = "they end before they are whole"
        /// There are bytes behind the end.
        case trailingBytes = "there are bytes behind the end"
        /// The content is larger than the limit.
        case tooLarge = "larger than the limit"
        /// There is no memory for the content within the bound that the caller has set.
        case noMemory = "no memory"
    }

    /// Bytes that the output grows by, at least.
    private static let step = 64 << 10
    /// Window bits for zlib: the largest window, and gzip or zlib told apart by the header.
    private static let windowBits: Int32 = 15 + 32

    /// The content of gzip or zlib bytes.
    /// - Parameters:
    ///   - limit: Most bytes that the content may have; a negative number counts as none.
    ///   - admit: Told the size of the output after each step; a code refuses to go on.
    /// - Throws: `Failure`. Complexity: O(size of the content).
    package static func content(
        of coded: Bytes, limit: Int, admit: (@Sendable (Int) -> HTTPError.Reason?)? = nil
    ) throws(Failure) -> Bytes {
        let limit = max(0, min(limit, .max - 1))
        // Where somebody counts, nothing is taken on suspicion.
        let start = admit == nil ? max(step, coded.count * 4) : step
        var output = ByteWriter(capacity: max(0, min(limit, start)))
        var position = 0
        repeat {
            position = try member(
                coded, from: position, limit: limit, admit: admit, into: &output)
        } while position < coded.count && coded[position] == 0x1F
        guard position == coded.count else { throw .trailingBytes }
        return output.finish()
    }

    /// Inflates one member; returns where it ends.
    private static func member(
        _ coded: Bytes, from start: Int, limit: Int,
        admit: (@Sendable (Int) -> HTTPError.Reason?)?, into output: inout ByteWriter
    ) throws(Failure) -> Int {
        // Sound: `stream` lives until `inflateEnd`, and at each call it points at memory that
        // outlives the call: the input is `coded`, the output the writer's spare room.
        var stream = unsafe z_stream()
        let version = ZLIB_VERSION
        guard
            unsafe inflateInit2_(
                &stream, windowBits, version, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw .malformed }
        defer { unsafe _ = inflateEnd(&stream) }
        var consumed = start
        while true {
            guard output.count <= limit else { throw .tooLarge }
            let before = consumed
            let status = unsafe run(&stream, coded, &consumed, limit: limit, into: &output)
            switch admit?(output.count) {
            case .bodyTooLarge: throw .tooLarge
            case .some: throw .noMemory
            case nil: break
            }
            switch status {
            case Z_STREAM_END:
                guard output.count <= limit else { throw .tooLarge }
                return consumed
            case Z_OK: continue
            case Z_BUF_ERROR where consumed == coded.count && before == consumed: throw .truncated
            case Z_BUF_ERROR: continue
            default: throw .malformed
            }
        }
    }

    /// One call of zlib: as much as fits one step of output.
    @unsafe private static func run(
        _ stream: inout z_stream, _ coded: Bytes, _ consumed: inout Int, limit: Int,
        into output: inout ByteWriter
    ) -> Int32 {
        var status = Z_OK
        // One byte over the limit is asked for, so that exceeding it shows.
        let room = min(step, limit - output.count + 1)
        unsafe coded.withUnsafeBytes { input in
            let left = min(input.count - consumed, Int(UInt32.max))
            unsafe output.appendUnsafe(upTo: room) { spare in
                let source = unsafe input.baseAddress?.assumingMemoryBound(to: UInt8.self)
                unsafe stream.next_in = source.map {
                    unsafe UnsafeMutablePointer(mutating: $0 + consumed)
                }
                unsafe stream.avail_in = UInt32(left)
                unsafe stream.next_out = spare.baseAddress?.assumingMemoryBound(to: UInt8.self)
                unsafe stream.avail_out = UInt32(min(room, spare.count))
                unsafe status = inflate(&stream, Z_NO_FLUSH)
                unsafe consumed += left - Int(stream.avail_in)
                return unsafe min(room, spare.count) - Int(stream.avail_out)
            }
        }
        return status
    }
}
