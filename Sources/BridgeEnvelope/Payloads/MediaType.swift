package import BridgeBytes

/// What kind of content a payload is for those who know only files and links: browsers, image
/// viewers, the peers' file servers.
///
/// The envelope says `image`, and nothing of the format; so that is read from the first bytes. A
/// format that is not known here is bytes.
package struct MediaType: Sendable, Hashable {
    /// As a Content-Type field has it.
    package let name: String
    /// The usual ending of a file's name, without a dot; empty when there is none.
    package let fileExtension: String

    private init(_ name: String, _ fileExtension: String) {
        self.name = name
        self.fileExtension = fileExtension
    }

    /// Bytes of which nothing is known.
    package static let bytes = MediaType("application/octet-stream", "")

    /// The kind of a serialized payload.
    /// - Parameters:
    ///   - typeName: As the envelope has it.
    ///   - content: The payload, or at least its first `sniffed` bytes.
    package init(typeName: String, content: Bytes) {
        switch typeName {
        case "text": self.init("text/plain; charset=utf-8", "txt")
        case "dictionary", "jsontable": self.init("application/json", "json")
        case "arrowtable":
            self =
                content.starts(Self.arrowFile)
                ? MediaType("application/vnd.apache.arrow.file", "arrow")
                : MediaType("application/vnd.apache.arrow.stream", "arrows")
        case "image": self = Self.image(content)
        case "audio": self = Self.audio(content)
        case "video": self = Self.video(content)
        default: self = .bytes
        }
    }

    /// How many bytes decide.
    package static let sniffed = 16

    private static let arrowFile: [UInt8] = Array("ARROW1".utf8)

    private static func image(_ content: Bytes) -> MediaType {
        if content.starts([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            return MediaType("image/png", "png")
        }
        if content.starts([0xFF, 0xD8, 0xFF]) { return MediaType("image/jpeg", "jpg") }
        if content.starts(Array("GIF8".utf8)) { return MediaType("image/gif", "gif") }
        if content.starts(Array("BM".utf8)) { return MediaType("image/bmp", "bmp") }
        if content.starts([0x49, 0x49, 0x2A, 0x00]) || content.starts([0x4D, 0x4D, 0x00, 0x2A]) {
            return MediaType("image/tiff", "tiff")
        }
        if content.isRIFF("WEBP") { return MediaType("image/webp", "webp") }
        return switch content.brand {
        case "avif", "avis": MediaType("image/avif", "avif")
        case "heic", "heix", "mif1": MediaType("image/heic", "heic")
        default: .bytes
        }
    }

    private static func audio(_ content: Bytes) -> MediaType {
        if content.isRIFF("WAVE") { return MediaType("audio/wav", "wav") }
        if content.starts(Array("fLaC".utf8)) { return MediaType("audio/flac", "flac") }
        if content.starts(Array("OggS".utf8)) { return MediaType("audio/ogg", "ogg") }
        if content.starts(Array("ID3".utf8)) { return MediaType("audio/mpeg", "mp3") }
        if content.starts([0x1A, 0x45, 0xDF, 0xA3]) { return MediaType("audio/webm", "webm") }
        if !content.brand.isEmpty { return MediaType("audio/mp4", "m4a") }
        // A frame of MPEG audio begins with eleven set bits; ADTS (AAC) has no layer.
        guard content.count >= 2, content[0] == 0xFF, content[1] & 0xE0 == 0xE0 else {
            return .bytes
        }
        return content[1] & 0x06 == 0
            ? MediaType("audio/aac", "aac") : MediaType("audio/mpeg", "mp3")
    }

    private static func video(_ content: Bytes) -> MediaType {
        if content.starts([0x1A, 0x45, 0xDF, 0xA3]) { return MediaType("video/webm", "webm") }
        if content.starts(Array("OggS".utf8)) { return MediaType("video/ogg", "ogv") }
        if content.isRIFF("AVI ") { return MediaType("video/x-msvideo", "avi") }
        return switch content.brand {
        case "": .bytes
        case "qt  ": MediaType("video/quicktime", "mov")
        default: MediaType("video/mp4", "mp4")
        }
    }

    /// A name with the ending of this kind, unless it has an ending already.
    package func fileName(_ name: String) -> String {
        guard !fileExtension.isEmpty else { return name }
        let base = name.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        // A dot at the beginning hides a file, and one at the end is no ending.
        let hasEnding = base.dropFirst().dropLast().contains(".")
        return hasEnding ? name : "\(name).\(fileExtension)"
    }
}

extension Bytes {
    fileprivate func starts(_ prefix: [UInt8]) -> Bool {
        count >= prefix.count && prefix.indices.allSatisfy { self[$0] == prefix[$0] }
    }

    /// Whether this is a container of the RIFF family, of that form.
    fileprivate func isRIFF(_ form: String) -> Bool {
        starts(Array("RIFF".utf8)) && count >= 12 && self[8..<12].starts(Array(form.utf8))
    }

    /// The brand of an ISO media file (`ftyp`), four characters; empty for any other.
    fileprivate var brand: String {
        guard count >= 12, self[4..<8].starts(Array("ftyp".utf8)) else { return "" }
        return String(validating: self[8..<12]) ?? ""
    }
}
