import BridgeBytes
import BridgeJSON
import TestKit

/// The golden envelopes of `Fixtures/envelope` and what they must decode to.
enum EnvelopeFixtures {
    static let folder = PackageRoot.file("Fixtures/envelope")

    /// The bodies' names, in order; empty when the folder cannot be read, which a test notices.
    static let names: [String] = {
        let expected = try? JSONValue(parsing: TestFile.bytes(folder + "/expected.json"))
        return expected?.objectValue?.map(\.key) ?? []
    }()

    static func expected(_ name: String) throws -> JSONValue? {
        try JSONValue(parsing: TestFile.bytes(folder + "/expected.json"))[name]
    }

    /// The body, without the line feed at the end of the file.
    static func body(_ name: String) throws -> Bytes {
        let file = try TestFile.bytes(folder + "/" + name)
        return file[0..<file.count - 1]
    }
}
