package import BridgeBytes
internal import BridgeHTTP

/// Codings that a sender put on the bytes at a link, told in the payload's metadata
/// (`content_encoding`). This library never codes what it uploads; peers may.
package enum ContentCoding {
    /// Undoes the codings of a fetched payload, the last one first (RFC 9110, section 8.4).
    /// - Parameters:
    ///   - names: The coding's name, or several with commas between.
    ///   - limit: Most bytes that the payload may have when it is undone.
    ///   - url: The link, for errors.
    /// - Throws: `ClaimError` in the stage `verify`: `undecodableContent` for an unknown coding
    ///   or damaged bytes, `payloadTooLarge` for more than the limit.
    package static func decode(
        _ bytes: Bytes, _ names: String, limit: Int, url: String, correlationID: String
    ) throws(ClaimError) -> Bytes {
        func failure(_ code: ClaimError.Code, _ message: String) -> ClaimError {
            ClaimError(code, .verify, url: url, message, correlationID: correlationID)
        }
        var content = bytes
        for name in names.split(separator: ",").reversed() {
            switch name.lowercased().filter({ $0 != " " }) {
            case "identity": continue
            case "gzip", "x-gzip", "deflate":
                do throws(Inflate.Failure) {
                    content = try Inflate.content(of: content, limit: limit)
                } catch .tooLarge {
                    throw failure(.payloadTooLarge, "inflated, it has more than \(limit) bytes")
                } catch {
                    throw failure(
                        .undecodableContent, "the bytes are not \(name): \(error.rawValue)")
                }
            default:
                throw failure(.undecodableContent, "the coding \"\(name.prefix(40))\" is not known")
            }
        }
        return content
    }

    /// Checks what the sender vouched for on the payload as it is after decoding.
    /// - Throws: `ClaimError`: `sizeMismatch`, `checksumMismatch`.
    package static func verify(
        _ bytes: Bytes, size: Int?, checksum text: String?, url: String, correlationID: String
    ) throws(ClaimError) {
        func failure(_ code: ClaimError.Code, _ message: String) -> ClaimError {
            ClaimError(code, .verify, url: url, message, correlationID: correlationID)
        }
        if let size, size != bytes.count {
            throw failure(.sizeMismatch, "\(bytes.count) bytes, not \(size)")
        }
        guard let text, let expected = try? Checksum(parsing: text) else { return }
        let found = Checksum(of: bytes, expected.algorithm)
        guard found == expected else {
            throw failure(.checksumMismatch, "\(found) instead of \(expected)")
        }
    }
}
