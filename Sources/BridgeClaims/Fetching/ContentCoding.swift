package import BridgeBytes
internal import BridgeHTTP

/// Codings that a sender put on the bytes at a link, told in the payload's metadata
/// (`content_encoding`). This library never codes what it uploads; peers may.
package enum ContentCoding {
    /// Most codings one over the other.
    private static let deepest = 3
    /// Size in bytes up to which content may be any number of times larger than its coded form.
    private static let freeSize = 1 << 20
    /// How many times larger content above that may be: what compresses better is made to.
    private static let steepest = 1000

    /// Most bytes that coded bytes may stand for.
    package static func longest(from coded: Int) -> Int {
        let product = coded.multipliedReportingOverflow(by: steepest)
        return product.overflow ? .max : max(freeSize, product.partialValue)
    }

    /// Undoes the codings of a fetched payload, the last one first (RFC 9110, section 8.4).
    /// - Parameters:
    ///   - names: The coding's name, or several with commas between.
    ///   - limit: Most bytes that the payload may have when it is undone.
    ///   - url: The link, for errors.
    ///   - reservation: Grows with what comes out, beside what the coded bytes have.
    /// - Throws: `ClaimError` in the stage `verify`: `undecodableContent` for an unknown coding
    ///   or damaged bytes, `tooLarge` for more than the limit, `memoryExhausted`.
    package static func decode(
        _ bytes: Bytes, _ names: String, limit: Int, url: String, correlationID: String,
        reservation: MemoryReservation? = nil
    ) throws(ClaimError) -> Bytes {
        func failure(_ code: ErrorCode, _ message: String) -> ClaimError {
            ClaimError(code, .verify, url: url, message, correlationID: correlationID)
        }
        let names = names.split(separator: ",")
        guard names.count <= deepest else {
            throw failure(.undecodableContent, "there are \(names.count) codings on the payload")
        }
        let longest = longest(from: bytes.count)
        let limit = min(limit, longest)
        var content = bytes
        for name in names.reversed() {
            switch name.lowercased().filter({ $0 != " " }) {
            case "identity": continue
            case "gzip", "x-gzip", "deflate":
                do throws(Inflate.Failure) {
                    let share = reservation.map { ReservedShare($0, bytes: 0) }
                    content = try Inflate.content(
                        of: content, limit: limit, admit: share?.admit)
                } catch .noMemory {
                    throw failure(.memoryExhausted, "there is no memory for what it inflates to")
                } catch .tooLarge {
                    let reason = limit == longest ? ", \(steepest) times what came" : ""
                    throw failure(
                        .tooLarge, "inflated, it has more than \(limit) bytes\(reason)")
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
    /// - Throws: `ClaimError`: `sizeMismatch`, `checksumMismatch`, `invalidChecksum`.
    package static func verify(
        _ bytes: Bytes, size: Int?, checksum text: String?, url: String, correlationID: String
    ) throws(ClaimError) {
        func failure(_ code: ErrorCode, _ message: String) -> ClaimError {
            ClaimError(code, .verify, url: url, message, correlationID: correlationID)
        }
        if let size, size != bytes.count {
            throw failure(.sizeMismatch, "\(bytes.count) bytes, not \(size)")
        }
        switch text.map({ ChecksumStatement(parsing: $0) }) {
        case .known(let expected):
            let found = Checksum(of: bytes, expected.algorithm)
            guard found == expected else {
                throw failure(.checksumMismatch, "\(found) instead of \(expected)")
            }
        case .malformed: throw failure(.invalidChecksum, "the stated digest is not one")
        case .unknownName, nil: return
        }
    }
}
