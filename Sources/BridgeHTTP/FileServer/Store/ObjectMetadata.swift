internal import BridgeBytes
internal import HTTPWire

/// What the store knows of an object, kept in the first block of its file.
///
/// One file holds both, so that one rename makes both appear at once, and no file system has to
/// know extended attributes. The block is text, a line for each fact, percent-encoded, then a
/// digest of these lines, and the rest of it zeros; the data begins after it, on a page.
struct ObjectMetadata: Sendable, Hashable {
    /// What a file of the store holds.
    enum State: String, Sendable, Hashable {
        /// The block and the data.
        case whole
        /// The block, and room for the data, which is in memory and will be written.
        case owed
        /// The block alone: the object has expired.
        case tombstone
        /// The block alone: the data was found damaged, and lies elsewhere.
        case damaged

        /// Whether the file is as long as block and data.
        var hasData: Bool { self == .whole || self == .owed }
    }

    /// Size of the block in bytes.
    static let blockSize = 4096
    /// Longest file name, in bytes of UTF-8.
    static let longestName = 255
    /// Longest content type, in bytes.
    static let longestType = 255
    private static let magic = "natsbridge-object 2"
    private static let lineCount = 14

    /// The name that the uploader gave; never a path.
    var name: String
    var contentType: String
    /// The secret that deletes and replaces.
    var token: String
    /// Distinguishes what was stored under one identifier one after the other.
    var generation: String
    /// Milliseconds since 1970.
    var created: Int64
    /// Milliseconds since 1970.
    var expires: Int64
    /// Bytes of data.
    var size = 0
    /// Whether the first download takes the object away.
    var isOneShot = false
    var state = State.whole
    /// The digest of the data: XXH64, 16 hexadecimal digits, taken while it came.
    var checksum = ""
    /// SHA-256 of the data, 64 hexadecimal digits; empty when nobody asked for it.
    var sha256 = ""
    /// Who uploaded it, as limits see them.
    var uploader = ""

    func isExpired(at now: Int64) -> Bool { expires <= now }

    /// The tag of these bytes: they never change, so it is strong.
    func entityTag(of key: ObjectKey) -> EntityTag { EntityTag("\(key.text)-\(generation)") }

    /// The block as it is written; it is filled up where data follows it.
    func encoded() -> Bytes {
        var writer = ByteWriter(capacity: Self.blockSize)
        let lines = [
            Self.magic, PercentCoding.encode(segment: name),
            PercentCoding.encode(segment: contentType), token, generation, String(created),
            String(expires), String(size), isOneShot ? "1" : "0", state.rawValue, checksum,
            sha256, PercentCoding.encode(segment: uploader),
        ]
        let text = lines.joined(separator: "\n")
        writer.append(utf8: text + "\n\(Self.digest(text))\n")
        precondition(writer.count <= Self.blockSize, "names are bounded, so the block holds them")
        if state.hasData { writer.append(repeating: 0, count: Self.blockSize - writer.count) }
        return writer.finish()
    }

    /// What a changed bit in the block itself is known by.
    private static func digest(_ text: String) -> String {
        Checksum(of: Bytes(utf8: text), .xxh64).digits
    }

    init(
        name: String, contentType: String, token: String, generation: String, created: Int64,
        expires: Int64, isOneShot: Bool = false
    ) {
        self.name = name
        self.contentType = contentType
        self.token = token
        self.generation = generation
        self.created = created
        self.expires = expires
        self.isOneShot = isOneShot
    }

    /// Nil when the block is not one of ours, or is not as it was written.
    init?(_ block: Bytes) {
        let text = String(decoding: Array(block.prefix { $0 != 0 }), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == Self.lineCount + 1, lines[0] == Self.magic,
            Self.digest(lines[..<(Self.lineCount - 1)].joined(separator: "\n"))
                == lines[Self.lineCount - 1],
            let name = Self.decoded(lines[1]), let type = Self.decoded(lines[2]),
            let created = Int64(lines[5]), let expires = Int64(lines[6]),
            let size = Int(lines[7]), size >= 0, size <= .max - Self.blockSize,
            let state = State(rawValue: String(lines[9])), let uploader = Self.decoded(lines[12])
        else { return nil }
        self.init(
            name: name, contentType: type, token: String(lines[3]),
            generation: String(lines[4]), created: created, expires: expires,
            isOneShot: lines[8] == "1")
        self.size = size
        self.state = state
        self.uploader = uploader
        checksum = String(lines[10])
        sha256 = String(lines[11])
    }

    private static func decoded(_ text: Substring) -> String? {
        (try? PercentCoding.decode(text)).flatMap { String(validating: $0, as: UTF8.self) }
    }
}

/// What an object is called in the store: letters and digits only, so it cannot be a path.
package struct ObjectKey: Sendable, Hashable {
    let text: String

    /// A native identifier: 128 bits as 32 hexadecimal digits, compared in lower case.
    package init?(native id: String) {
        guard id.utf8.count == 32, id.utf8.allSatisfy({ Hex.value($0) != nil }) else {
            return nil
        }
        text = id.lowercased()
    }

    /// The 128 bits of a native identifier; nil for a file of Plik.
    var number: UInt128? { text.utf8.count == 32 ? UInt128(text, radix: 16) : nil }

    /// A Plik file: two identifiers of 16 letters and digits.
    package init?(upload: String, file: String) {
        guard Self.isPlikID(upload), Self.isPlikID(file) else { return nil }
        text = "\(upload).\(file)"
    }

    /// The upload of Plik that it belongs to; nil for a native one.
    var plikUpload: String? {
        text.utf8.count == 33 ? String(text.prefix(16)) : nil
    }

    package static func isPlikID(_ id: String) -> Bool {
        id.utf8.count == 16
            && id.utf8.allSatisfy { byte in
                byte != 0x2D && byte != 0x2E && byte != 0x5F && byte != 0x7E
                    && Octet.isUnreserved(byte)
            }
    }
}

extension Bytes {
    fileprivate func prefix(while isIncluded: (UInt8) -> Bool) -> Bytes {
        var count = 0
        while count < self.count, isIncluded(self[count]) { count += 1 }
        return self[0..<count]
    }
}
