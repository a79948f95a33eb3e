import BridgeBytes
import BridgeClaims
import HTTPWire
import Testing

/// The published vectors: those of S3's manual, and those of the suite for all services.
@Suite struct SignatureV4Tests {
    private static func fields(_ list: [(String, String)]) throws -> FieldList {
        var fields = FieldList()
        for (name, value) in list { try fields.append(name: name, value: value) }
        return fields
    }

    private static func signature(_ fields: FieldList) -> String? {
        fields["Authorization"].flatMap { text in
            text.firstRange(of: "Signature=").map { String(text[$0.upperBound...]) }
        }
    }

    // MARK: - S3

    private static let host = "examplebucket.s3.amazonaws.com"
    private static let day = Timestamp("2013-05-24T00:00:00Z")

    private static func s3() throws -> SignatureV4 {
        let credentials = try #require(
            S3Credentials(
                accessKeyID: "AKIAIOSFODNN7EXAMPLE",
                secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
        return SignatureV4(credentials, region: "us-east-1")
    }

    @Test func `a GET of a part`() throws {
        let request = SignatureV4.Request(
            "GET", host: Self.host, path: "/test.txt",
            fields: try Self.fields([("Range", "bytes=0-9")]))
        let fields = try Self.s3().fields(request, at: try #require(Self.day))
        #expect(
            Self.signature(fields)
                == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
        #expect(fields["X-Amz-Date"] == "20130524T000000Z")
        #expect(fields["X-Amz-Content-SHA256"] == SignatureV4.emptyPayload)
        #expect(
            fields["Authorization"]?.hasPrefix(
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
                    + "aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, ")
                == true)
    }

    @Test func `a PUT with a body and further fields`() throws {
        var digest = SHA256()
        digest.update(Array("Welcome to Amazon S3.".utf8).span)
        let hash = digest.finalize()
        let request = SignatureV4.Request(
            "PUT", host: Self.host,
            path: "/" + PercentCoding.encode(segment: "test$file.text"),
            fields: try Self.fields([
                ("Date", "Fri, 24 May 2013 00:00:00 GMT"),
                ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ]), payload: Hex.string(hash.span))
        #expect(request.path == "/test%24file.text")
        #expect(
            Self.signature(try Self.s3().fields(request, at: try #require(Self.day)))
                == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    }

    @Test(arguments: [
        (
            [("lifecycle", "")], "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        ),
        (
            [("prefix", "J"), ("max-keys", "2")],
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        ),
    ])
    func `a query, sorted`(query: [(String, String)], signature: String) throws {
        let request = SignatureV4.Request(
            "GET", host: Self.host, path: "/", query: query.map { (name: $0.0, value: $0.1) })
        #expect(
            Self.signature(try Self.s3().fields(request, at: try #require(Self.day))) == signature)
    }

    @Test func `a presigned link`() throws {
        let request = SignatureV4.Request("GET", host: Self.host, path: "/test.txt")
        let query = try Self.s3().query(
            request, at: try #require(Self.day), life: 86_400)
        #expect(
            query == "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F"
                + "20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z"
                + "&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
                + "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
    }

    @Test func `a session token is signed, in a field and in a link`() throws {
        let credentials = try #require(
            S3Credentials(accessKeyID: "A", secretAccessKey: "s", sessionToken: "to/ken+="))
        let signer = SignatureV4(credentials, region: "us-east-1")
        let request = SignatureV4.Request("GET", host: Self.host, path: "/x")
        let time = try #require(Self.day)
        let fields = signer.fields(request, at: time)
        #expect(fields["X-Amz-Security-Token"] == "to/ken+=")
        #expect(fields["Authorization"]?.contains("x-amz-security-token") == true)
        let link = signer.query(request, at: time, life: 1)
        #expect(link.contains("&X-Amz-Security-Token=to%2Fken%2B%3D&"))
        #expect(String(reflecting: credentials).contains("to/ken") == false)
        #expect("\(credentials)" == "A")
    }

    // MARK: - The suite for all services

    private static func generic() throws -> SignatureV4 {
        let credentials = try #require(
            S3Credentials(
                accessKeyID: "AKIDEXAMPLE",
                secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
        return SignatureV4(credentials, region: "us-east-1", service: "service")
    }

    private static func signature(
        _ method: String = "GET", path: String = "/", query: [(String, String)] = [],
        fields: [(String, String)] = []
    ) throws -> String? {
        let request = SignatureV4.Request(
            method, host: "example.amazonaws.com", path: path,
            query: query.map { (name: $0.0, value: $0.1) }, fields: try Self.fields(fields))
        let time = try #require(Timestamp("2015-08-30T12:36:00Z"))
        return signature(try generic().fields(request, at: time))
    }

    @Test func `methods, queries and paths`() throws {
        #expect(
            try Self.signature()
                == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
        #expect(
            try Self.signature("POST")
                == "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")
        #expect(
            try Self.signature(query: [("Param2", "value2"), ("Param1", "value1")])
                == "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")
        let plain = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        #expect(
            try Self.signature(query: [(plain, plain)])
                == "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197")
        #expect(
            try Self.signature(query: [("ሴ", "bar")])
                == "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04")
        #expect(
            try Self.signature(path: "/" + PercentCoding.encode(segment: "ሴ"))
                == "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85")
    }

    @Test func `fields that repeat, and blanks in them`() throws {
        #expect(
            try Self.signature(fields: [
                ("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1"),
            ]) == "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea")
        #expect(
            try Self.signature(fields: [
                ("My-Header1", "value1"), ("My-Header2", "\"a   b   c\""),
            ]) == "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736")
    }

    @Test func `the key of a day, a region and a service`() throws {
        let credentials = try #require(
            S3Credentials(
                accessKeyID: "A", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
        let key = SignatureV4(credentials, region: "us-east-1", service: "iam")
            .signingKey(day: "20120215")
        #expect(
            Hex.string(key.span)
                == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d")
    }

    @Test(arguments: ["", "a b", "line\nend", "schlüssel", "tab\t"])
    func `what is no key is none`(text: String) {
        #expect(S3Credentials(accessKeyID: text, secretAccessKey: "s") == nil)
        #expect(S3Credentials(accessKeyID: "A", secretAccessKey: text) == nil)
        #expect(S3Credentials(accessKeyID: "A", secretAccessKey: "s", sessionToken: text) == nil)
    }
}

/// What a link says of its own end.
@Suite struct PresignedLinkTests {
    private static let signed =
        "https://b.example/k?X-Amz-Date=20130524T000000Z&X-Amz-Expires=60&X-Amz-Signature=00"

    @Test func `a refusal of a link past its end means that it has ended`() throws {
        let url = try HTTPURL(Self.signed)
        let start = try #require(Timestamp("2013-05-24T00:00:00Z"))
        #expect(PresignedLink.end(of: url) == start.advanced(by: .seconds(60)))
        func hasEnded(_ status: Int, at seconds: Int64, date: String? = nil) -> Bool {
            var fields = FieldList()
            if let date { try? fields.append(name: "Date", value: date) }
            return PresignedLink.hasEnded(
                url, status: status, fields, now: Timestamp(seconds: start.seconds + seconds))
        }
        #expect(hasEnded(403, at: 60) && hasEnded(400, at: 61))
        #expect(!hasEnded(403, at: 59) && !hasEnded(404, at: 61))
        // The store's clock goes before ours.
        #expect(hasEnded(403, at: 0, date: "Fri, 24 May 2013 00:01:00 GMT"))
        #expect(!hasEnded(403, at: 600, date: "Fri, 24 May 2013 00:00:59 GMT"))
    }

    @Test(arguments: [
        "https://b.example/k", "https://b.example/k?X-Amz-Date=20130524T000000Z&X-Amz-Expires=60",
        "https://b.example/k?X-Amz-Date=2013&X-Amz-Expires=60&X-Amz-Signature=0",
        "https://b.example/k?X-Amz-Date=20130524T000000Z&X-Amz-Expires=-1&X-Amz-Signature=0",
        "https://b.example/k?X-Amz-Date=20130524T000000Z&X-Amz-Expires=9223372036854775807"
            + "&X-Amz-Signature=0&X-Amz-Expires=1",
    ])
    func `what is no presigned link has no end`(text: String) throws {
        #expect(PresignedLink.end(of: try HTTPURL(text)) == nil)
    }
}
