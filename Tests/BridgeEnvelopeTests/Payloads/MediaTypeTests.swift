import BridgeBytes
import BridgeEnvelope
import TestKit
import Testing

@Suite struct MediaTypeTests {
    private func kind(_ type: String, _ bytes: [UInt8]) -> String {
        let kind = MediaType(typeName: type, content: Bytes(bytes))
        return "\(kind.name) \(kind.fileExtension)"
    }

    private func kind(_ type: String, _ text: String) -> String { kind(type, Array(text.utf8)) }

    @Test func `images are told by their first bytes`() {
        #expect(
            kind("image", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0]) == "image/png png")
        #expect(kind("image", [0xFF, 0xD8, 0xFF, 0xE0]) == "image/jpeg jpg")
        #expect(kind("image", "GIF89a") == "image/gif gif")
        #expect(kind("image", "RIFF\0\0\0\0WEBPVP8 ") == "image/webp webp")
        #expect(kind("image", "\0\0\0\u{20}ftypavif") == "image/avif avif")
        #expect(kind("image", [0x49, 0x49, 0x2A, 0]) == "image/tiff tiff")
    }

    @Test func `sound and film are told by their first bytes`() {
        #expect(kind("audio", "RIFF\0\0\0\0WAVEfmt ") == "audio/wav wav")
        #expect(kind("audio", "ID3\u{4}") == "audio/mpeg mp3")
        #expect(kind("audio", [0xFF, 0xFB, 0x90]) == "audio/mpeg mp3")
        #expect(kind("audio", [0xFF, 0xF1, 0x50]) == "audio/aac aac")
        #expect(kind("audio", "OggS") == "audio/ogg ogg")
        #expect(kind("video", "\0\0\0\u{18}ftypisom") == "video/mp4 mp4")
        #expect(kind("video", "\0\0\0\u{14}ftypqt  ") == "video/quicktime mov")
        #expect(kind("video", [0x1A, 0x45, 0xDF, 0xA3]) == "video/webm webm")
    }

    @Test func `other types say themselves what they are, and the rest is bytes`() {
        #expect(kind("text", "") == "text/plain; charset=utf-8 txt")
        #expect(kind("dictionary", "{}") == "application/json json")
        #expect(kind("jsontable", "[]") == "application/json json")
        #expect(kind("arrowtable", "ARROW1\0\0") == "application/vnd.apache.arrow.file arrow")
        #expect(kind("arrowtable", "") == "application/vnd.apache.arrow.stream arrows")
        // A page is no page here, whatever it says.
        for type in ["image", "audio", "video", "binary", "none"] {
            #expect(kind(type, "<html><script>") == "application/octet-stream ")
            #expect(kind(type, "") == "application/octet-stream ")
        }
    }

    @Test func `a name gets an ending unless it has one`() {
        let png = MediaType(typeName: "image", content: [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10])
        #expect(png.fileName("photo") == "photo.png")
        #expect(png.fileName("photo.jpeg") == "photo.jpeg")
        #expect(png.fileName("a.b/photo") == "a.b/photo.png")
        #expect(png.fileName(".hidden") == ".hidden.png")
        #expect(png.fileName("dot.") == "dot..png")
        #expect(png.fileName("") == ".png")
        #expect(MediaType.bytes.fileName("photo") == "photo")
    }

    @Test func `any bytes are of some kind`() {
        var generator = SeededGenerator(#function)
        for _ in 0..<2000 {
            let bytes = Bytes(generator.bytes(Int.random(in: 0...20, using: &generator)))
            for type in ["text", "arrowtable", "image", "audio", "video", "x"] {
                #expect(!MediaType(typeName: type, content: bytes).name.isEmpty)
            }
        }
    }
}
