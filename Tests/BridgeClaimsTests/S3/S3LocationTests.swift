import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import Testing

/// URLs that name a store.
@Suite struct S3LocationTests {
    private static func code(_ text: String) -> ErrorCode? {
        do throws(HTTPError) {
            _ = try S3Location(text)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `a bucket, a prefix and all parameters`() throws {
        let location = try S3Location(
            "s3://my.bucket-1/a/gr%C3%BCn/?region=eu-west-1&endpoint=https%3A%2F%2Fs3.example:9000"
                + "&style=virtual")
        #expect(location.bucket == "my.bucket-1" && location.prefix == "a/grün")
        #expect(location.region == "eu-west-1" && location.style == .virtual)
        #expect(location.endpoint?.origin.description == "https://s3.example:9000")
        #expect(location.description == "s3://my.bucket-1/a/grün")
        let plain = try S3Location("s3://abc?endpoint=http://127.0.0.1:9000")
        #expect(plain.prefix.isEmpty && plain.region == nil && plain.style == nil)
        #expect(plain.endpoint?.port == 9000)
    }

    @Test(arguments: [
        "s3://", "s3://ab", "s3://Abc", "s3://abc_d", "s3://-abc", "s3://abc-", "s3://a..b",
        "s3://abc:80", "s3://abc/../x", "s3://abc/%2E%2E/x", "s3://abc/a%2Fb", "s3://abc/%00",
        "s3://abc/%", "s3://abc#x", "s3://abc/a b", "s3:/abc", "s3://abc?region=",
        "s3://abc?region", "s3://abc?regon=x", "s3://abc?region=a&region=a", "s3://abc?region=a/b",
        "s3://abc?style=other", "s3://abc?endpoint=ftp://h", "s3://abc?endpoint=http://h/p",
        "s3://abc?endpoint=http://u@h", "s3://abc?endpoint=http://h?q", "s3://abc?&region=x",
        "s3://abc?secret=k",
    ])
    func `what is no location is refused`(text: String) {
        #expect(Self.code(text) == .invalidURL)
    }

    @Test func `keys in a URL are refused and not repeated`() {
        do throws(HTTPError) {
            _ = try S3Location("s3://AKIA:hush@abc?endpoint=http://h&hidden=hush")
            Issue.record("taken")
        } catch {
            #expect(error.code == .invalidURL)
            #expect(!"\(error)".contains("hush") && error.detail.contains("AWS_ACCESS_KEY_ID"))
        }
    }

    // MARK: - The store by its URL

    private static func store(_ text: String) throws(HTTPError) -> any ClaimStore {
        try StoreAddress(text).store()
    }

    @Test func `each scheme means its store`() throws {
        #expect(try Self.store("http://127.0.0.1:1") is FileServerStore)
        #expect(try Self.store("https://files.example") is FileServerStore)
        #expect(try Self.store("plik+http://127.0.0.1:1") is PlikStore)
        #expect(try Self.store("s3://abc?endpoint=http://127.0.0.1:1") is S3Store)
        #expect(try StoreAddress("plik+https://p.example").description == "plik+https://p.example/")
        #expect(try StoreAddress("s3://abc?endpoint=http://h").server == nil)
        #expect(try StoreAddress("plik+http://h").server?.host == "h")
    }

    @Test(arguments: [
        "", "h", "ftp://h", "plik://h", "plik+s3://abc", "http+plik://h", "nats://h", "://h",
    ])
    func `a scheme without a store is refused`(text: String) {
        do throws(HTTPError) {
            _ = try StoreAddress(text)
            Issue.record("taken")
        } catch {
            #expect(error.code == .unsupportedScheme)
        }
    }

    @Test(arguments: ["http://h?x=1", "http://u:hush@h", "plik+http://h/#f", "http://h#f"])
    func `what would not be sent is refused`(text: String) {
        do throws(HTTPError) {
            _ = try StoreAddress(text)
            Issue.record("taken")
        } catch {
            #expect(error.code == .invalidURL && !"\(error)".contains("hush"))
        }
    }

    @Test func `a token has no place in an S3 store`() throws {
        var settings = StoreAddress.Settings()
        settings.token = "t"
        let address = try StoreAddress("s3://abc?endpoint=http://127.0.0.1:1")
        do throws(HTTPError) {
            _ = try address.store(settings)
            Issue.record("taken")
        } catch {
            #expect(error.code == .invalidArgument)
        }
    }

    // MARK: - Parts

    @Test func `parts cover a payload, and there are not too many`() {
        for size in [1, (16 << 20) - 1, 16 << 20, (64 << 20) + 1, 1 << 40] {
            let parts = S3Parts(of: size)
            #expect(parts.count <= S3Parts.mostParts && parts.partSize >= 16 << 20)
            #expect(parts.range(1).lowerBound == 0)
            #expect(parts.range(parts.count).upperBound == size)
            #expect(!parts.range(parts.count).isEmpty)
            if parts.count > 1 {
                #expect(parts.range(1).upperBound == parts.range(2).lowerBound)
                #expect(parts.range(1).count == parts.partSize)
            }
        }
    }
}
