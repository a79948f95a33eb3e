import BridgeBytes
import BridgeJSON
import NATSWire
import TestKit
import Testing

/// Keys and seeds of NATS, whose texts were checked against the reference library.
@Suite struct NKeyTests {
    private static let alice = "UBC23I2Z3L72NARBUTKUAUWJG3ONNTA7SBEHFCEVPG6THIGILM2YQ25A"
    private static let aliceSeed = "SUAPMADOSRKKSEX4GTOO6FDSMRZKJHL74UERXXXAGUPYUUAX23PUVZ32WI"
    private static let zeroOperator = "SOAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAF7TI"

    @Test func `a public key is read and written as it stands`() throws {
        let key = try NKey(parsing: Self.alice)
        #expect(key.role == .user && key.raw.count == 32 && key.text == Self.alice)
        let other = try NKey(parsing: "OA5WUJ54Z23KILLCUOUNAKTPBVZWKMQVO4O6EQ5GHLAERIMLLHNCSKTE")
        #expect(other.role == .operator && other.raw.starts(with: [0x3b, 0x6a, 0x27, 0xbc]))
    }

    @Test func `a seed tells whose it is, and shows nothing of itself`() throws {
        let seed = try NKeySeed(parsing: Self.aliceSeed)
        #expect(seed.role == .user && seed.withRaw { $0.count } == 32)
        #expect("\(seed)" == "a seed of the role user")
        var dumped = ""
        dump(seed, to: &dumped)
        #expect(!dumped.contains("SUAP"))
        let zeros = try NKeySeed(parsing: Self.zeroOperator)
        #expect(zeros.role == .operator)
        #expect(zeros.withRaw { raw in raw.indices.allSatisfy { raw[$0] == 0 } })
    }

    /// Each of them is what some library takes.
    @Test(arguments: [
        "", "SUA", aliceSeed.lowercased(), aliceSeed + "\n", " " + aliceSeed, aliceSeed + "======",
        alice, String(aliceSeed.dropLast()), aliceSeed + "A", String(aliceSeed.dropLast()) + "A",
        // The four texts that differ in the bits that are left over.
        String(aliceSeed.dropLast()) + "J", String(aliceSeed.dropLast()) + "K",
        String(aliceSeed.dropLast()) + "L",
        // The checksum of another beginning, with a role that nobody has.
        "SZADDEEW5RFQDHKPXLKIQDNTEHLREIWXDZA5JVFIGS2SZJF22XYHQFMSPU",
        "SUADDEEW5RFQDHKPXLKIQDNTEHLREIWXDZA5JVFIGS2SZJF22XYHQ5LP",
    ])
    func `a text that is no seed in every character is refused`(_ text: String) {
        let error = #expect(throws: WireError.self) { try NKeySeed(parsing: text) }
        #expect(error?.code == .invalidCredentials && error?.stage == .credentials)
        #expect(error.map { text.count < 20 || !$0.detail.contains(text) } == true)
        #expect(throws: WireError.self) {
            try NKey(parsing: text + (text == Self.alice ? "A" : ""))
        }
    }

    @Test(.needsSharedData) func `the reference library's keys are all read`() throws {
        let keys = try #require(try Self.rows("valid.json")["keys"]?.arrayValue)
        #expect(keys.count == 19)
        for row in keys {
            let text = try #require(row["public"]?.stringValue)
            let key = try NKey(parsing: text)
            let seed = try NKeySeed(parsing: try #require(row["seed"]?.stringValue))
            #expect(key.text == text && key.role == seed.role)
            #expect("\(key.role)" == row["kind"]?.stringValue)
            #expect(Hex.string(key.raw.span) == row["public_raw_hex"]?.stringValue)
            let raw = seed.withRaw { raw in raw.indices.map { raw[$0] } }
            #expect(Hex.string(raw.span) == row["raw_seed_hex"]?.stringValue)
        }
    }

    @Test(.needsSharedData) func `texts that libraries take by mistake are all refused`() throws {
        let seeds = try #require(try Self.rows("invalid_seeds.json").arrayValue)
        #expect(seeds.count == 36)
        for row in seeds {
            let text = try #require(row["seed"]?.stringValue)
            #expect(throws: WireError.self, "\(row)") { try NKeySeed(parsing: text) }
        }
        for row in try #require(try Self.rows("invalid_public.json").arrayValue) {
            let text = try #require(row["public"]?.stringValue)
            #expect(throws: WireError.self, "\(row)") { try NKey(parsing: text) }
        }
    }

    private static func rows(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: try SharedData.bytes("nkeys/\(name)"))
    }
}
