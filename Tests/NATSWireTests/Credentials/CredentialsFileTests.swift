import BridgeBytes
import BridgeJSON
import NATSWire
import TestKit
import Testing

/// Files with a token and a seed, in every form that is met.
@Suite struct CredentialsFileTests {
    private static let seed = "SUAPMADOSRKKSEX4GTOO6FDSMRZKJHL74UERXXXAGUPYUUAX23PUVZ32WI"
    private static let subject = "UBC23I2Z3L72NARBUTKUAUWJG3ONNTA7SBEHFCEVPG6THIGILM2YQ25A"
    private static let jwt = token(
        #"{"sub":"\#(subject)","exp":4102444800,"nats":{"type":"user"}}"#)

    /// A token with these claims; nobody looks at its signature here.
    static func token(_ claims: String) -> String {
        let head = Base64.encodeForURL(Array(#"{"typ":"JWT"}"#.utf8).span)
        let body = Base64.encodeForURL(Array(claims.utf8).span)
        return "\(head).\(body).\(String(repeating: "s", count: 86))"
    }

    private static func parse(_ text: String) throws -> CredentialsFile {
        try CredentialsFile(parsing: Array(text.utf8).span)
    }

    private static func file(_ jwt: String?, _ seed: String?, end: String = "\n") -> String {
        var lines: [String] = []
        if let jwt {
            lines += [
                "-----BEGIN NATS USER JWT-----", jwt, "------END NATS USER JWT------", "",
                "************************* IMPORTANT *************************",
                "NKEY Seed printed below can be used to sign and prove identity.", "",
            ]
        }
        if let seed {
            lines += ["-----BEGIN USER NKEY SEED-----", seed, "------END USER NKEY SEED------"]
        }
        return lines.map { $0 + end }.joined()
    }

    @Test func `the usual file holds a token and a seed`() throws {
        for text in [
            Self.file(Self.jwt, Self.seed), Self.file(Self.jwt, Self.seed, end: "\r\n"),
            "\u{FEFF}" + Self.file(Self.jwt, Self.seed),
            Self.file("  \(Self.jwt)\t", "\t\(Self.seed) "),
            Self.file(nil, Self.seed) + "---\n" + Self.file(Self.jwt, nil),
            "---BEGIN A---\n\(Self.jwt)\n---END---\n---B---\n\(Self.seed)\n---E---",
            "\(Self.jwt)\n# a remark\n\(Self.seed)",
        ] {
            let file = try Self.parse(text)
            #expect(file.jwt?.text == Self.jwt && file.seed?.role == .user)
            #expect(file.jwt?.subject.text == Self.subject && file.jwt?.expiry == 4_102_444_800)
            #expect(file.jwt?.isBearer == false)
        }
    }

    @Test func `either may stand alone`() throws {
        let bearer = Self.token(#"{"sub":"\#(Self.subject)","nats":{"bearer_token":true}}"#)
        let token = try Self.parse(Self.file(bearer, nil))
        #expect(token.jwt?.isBearer == true && token.jwt?.expiry == nil && token.seed == nil)
        #expect(try Self.parse(bearer).jwt == token.jwt)
        #expect(try Self.parse("# mine\n\n\(Self.seed)\n").seed != nil)
    }

    @Test(arguments: [
        ("", "no JWT and no seed"),
        ("hello\n", "no JWT and no seed"),
        ("-----BEGIN X-----\n------END X------\n", "without content"),
        ("-----BEGIN X-----\n\(jwt)\n", "ends within a block"),
        ("-----BEGIN X-----\n\(jwt)", "ends within a block"),
        ("-----BEGIN X-----\n\(jwt.prefix(150))", "three parts"),
        ("-----BEGIN X-----\n\(seed.prefix(20))\n------END X------", "58 characters"),
        ("-----BEGIN X-----\n\(seed.dropLast())A\n------END X------", "seed"),
        ("-----BEGIN X-----\n\(seed)\n\(seed)\n------END X------", "more than one line"),
        ("-----BEGIN X-----\n\(seed)\n-----BEGIN Y-----\n", "within another"),
        ("------END X------\n\(seed)\n", "has not begun"),
        ("\(seed)\n\(seed)\n", "two seeds"),
        ("\(jwt)\n\(jwt)\n", "two JWTs"),
        ("SAADDEEW5RFQDHKPXLKIQDNTEHLREIWXDZA5JVFIGS2SZJF22XYHQFJOMY", "no user's"),
        (token(#"{"exp":1}"#), "without a subject"),
        (token(#"["an array"]"#), "cannot be read"),
        (token(#"{"sub":"ADBOGQHTECH6UFGSZ6L7EINLW6EHTXIQ5ZV37ITO7CE5BWLS34BOLTR6"}"#), "no user"),
        (token(#"{"sub":"\#(subject)","nats":{"type":"account"}}"#), "no user"),
    ])
    func `what is no such file is refused with the reason`(_ text: String, _ reason: String) {
        let error = #expect(throws: WireError.self) { try Self.parse(text) }
        #expect(error?.code == .invalidCredentials)
        #expect(error?.detail.contains(reason) == true, "\(error?.detail ?? "")")
        #expect(error.map { !$0.detail.contains("SUAP") && !$0.detail.contains("eyJ") } == true)
    }

    @Test func `a file is bounded`() {
        let text = String(repeating: "\n", count: CredentialsFile.maxCount) + Self.seed
        #expect(throws: WireError.self) { try Self.parse(text) }
    }

    @Test func `every beginning of a file is read or refused, and none has half a seed`() throws {
        let text = Array(Self.file(Self.jwt, Self.seed).utf8)
        let seedEnd = text.count - "------END USER NKEY SEED------\n".utf8.count
        for count in 0..<text.count {
            let part = Array(text[..<count])
            let file = try? CredentialsFile(parsing: part.span)
            // A last line of which three dashes are there closes the block, and nothing is missing.
            let isWhole = file?.jwt?.text == Self.jwt && count >= seedEnd + 3
            #expect(file?.seed == nil || isWhole, "the first \(count) bytes")
        }
    }

    @Test func `a token expires when no clock can doubt it`() throws {
        let jwt = try UserJWT(parsing: Self.token(#"{"sub":"\#(Self.subject)","exp":1000}"#))
        #expect(!jwt.hasExpired(at: 1030) && jwt.hasExpired(at: 1031))
        let forever = try UserJWT(parsing: Self.token(#"{"sub":"\#(Self.subject)","exp":0}"#))
        #expect(!forever.hasExpired(at: .max))
    }

    @Test func `a token is no text of a print`() throws {
        let jwt = try UserJWT(parsing: Self.jwt)
        var dumped = ""
        dump(ConnectCredentials.jwt(jwt, signature: [1]), to: &dumped)
        #expect(!"\(jwt) \(dumped)".contains("eyJ"))
    }

    @Test(.needsSharedData) func `the files of every library are read as they should be`() throws {
        let rows = try JSONValue(parsing: try SharedData.bytes("nkeys/creds.json")).arrayValue
        var counts = (read: 0, refused: 0)
        for row in try #require(rows) {
            let name = row["name"]?.stringValue ?? ""
            let file = try? Self.parse(try #require(row["text"]?.stringValue))
            // Whose the seed is can be told only by signing with it.
            guard row["error"] == nil || name == "seed of another user" else {
                #expect(file == nil, "\(name)")
                counts.refused += 1
                continue
            }
            let read = try #require(file, "\(name)")
            counts.read += 1
            guard row["error"] == nil else { continue }
            #expect(read.jwt?.text == row["jwt"]?.stringValue, "\(name)")
            #expect((read.seed != nil) == (row["seed"]?.stringValue != nil), "\(name)")
        }
        #expect(counts == (15, 8))
    }
}
