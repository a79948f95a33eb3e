import BridgeBytes
import HTTPWire
import TestKit
import Testing

@Suite struct RequestTargetTests {
    @Test func `forms of targets`() throws {
        let origin = try RequestTarget(parsing: "/a%20b/c?d=e?f")
        #expect(origin.path == "/a%20b/c" && origin.query == "d=e?f" && origin.authority == nil)
        #expect(try origin.segments() == ["a b", "c"])
        let absolute = try RequestTarget(parsing: "http://h:8080/x")
        #expect(absolute.authority == "h:8080" && absolute.path == "/x")
        #expect(try RequestTarget(parsing: "*").path == "*")
        #expect(try RequestTarget(parsing: "/f/").segments() == ["f", ""])
        for target in ["a:1", "x", "ftp://h/x", "/a#b", "/a\\b", "http://"] {
            #expect(throws: HTTPWireError.self) { try RequestTarget(parsing: target) }
        }
    }

    @Test(arguments: [
        "/../x", "/f/./x", "/f/%2e%2e", "/f/a%2fb", "/f/a%5Cb", "/f/%00", "/f/%0d%0a", "/f/%7f",
        "/f/%ff", "/f/%c0%ae", "/f/%", "/f/%4", "/f/%zz", "//x", "/f//x",
    ])
    func `a segment that is no plain name is refused`(_ target: String) throws {
        let parsed = try RequestTarget(parsing: target)
        #expect(throws: HTTPWireError.self) { try parsed.segments() }
    }

    @Test func `one decoding step, never two`() throws {
        let parsed = try RequestTarget(parsing: "/f/%252e%252e%252fx")
        #expect(try parsed.segments() == ["f", "%2e%2e%2fx"])
    }

    @Test(.needsSharedData) func `shared targets decode to plain names or not at all`() {
        let rows = VectorFile.rows("http/targets.jsonl")
        #expect(rows.count > 20)
        for row in rows {
            guard let target = row["target"] as? String else { continue }
            let segments = try? RequestTarget(parsing: target).segments()
            if row["verdict"] as? String == "inside" { #expect(segments?.count == 2) }
            for segment in segments ?? [] {
                #expect(segment != ".." && !segment.contains("/") && !segment.contains("\u{0}"))
            }
        }
    }

    private static func fault(_ head: RequestHead) -> ErrorCode? {
        do throws(HTTPWireError) { try HostField.check(head) } catch { return error.code }
        return nil
    }

    @Test(arguments: [
        (["a"], true), (["a:80"], true), (["[::1]:8080"], true), ([""], true), (["a:"], true),
        ([], false), (["a", "a"], false), (["a b"], false), (["a, b"], false), (["a\\b"], false),
        (["a:99999"], false), (["a:x"], false), (["[::1"], false), (["user@a"], false),
    ])
    func `exactly one good host`(_ hosts: [String], _ isGood: Bool) throws {
        var fields = FieldList()
        for host in hosts { try fields.append(name: "Host", value: host) }
        let head = RequestHead(method: "GET", target: "/", fields: fields)
        let error = Self.fault(head)
        #expect((error == nil) == isGood)
        if hosts.isEmpty {
            try HostField.check(
                RequestHead(method: "GET", target: "/", version: .http10, fields: fields))
        }
    }
}

@Suite struct HTTPURLTests {
    @Test func `a URL is taken apart`() throws {
        let url = try HTTPURL("HTTP://Example.COM:8080/a/b?c=d#e")
        #expect(url.scheme == .http && url.host == "example.com" && url.port == 8080)
        #expect(url.path == "/a/b" && url.query == "c=d" && url.target == "/a/b?c=d")
        #expect(url.hostField == "example.com:8080" && !url.hasUserInfo)
        #expect(url.description == "http://example.com:8080/a/b?…")
        #expect(url.text == "http://example.com:8080/a/b?c=d")
        let six = try HTTPURL("https://[2001:DB8::1]")
        #expect(six.host == "2001:db8::1" && six.isIPv6Literal && six.port == 443)
        #expect(six.path == "/" && six.hostField == "[2001:db8::1]")
        #expect(six.origin.description == "https://[2001:db8::1]:443")
        #expect(try HTTPURL("http://h?x").target == "/?x")
        #expect(try HTTPURL("http://h:80/").origin == HTTPURL("http://H").origin)
        #expect(try HTTPURL("http://h:81/").origin != HTTPURL("http://h").origin)
        #expect(try HTTPURL("https://h:80/").origin != HTTPURL("http://h").origin)
    }

    @Test func `secrets are not shown`() throws {
        let url = try HTTPURL("http://user:secret@h/x?sig=secret")
        #expect(url.hasUserInfo && url.host == "h")
        #expect(!url.description.contains("secret") && !url.hostField.contains("@"))
        let error = #expect(throws: HTTPWireError.self) { try HTTPURL("http://secret value/") }
        #expect(error?.description.contains("secret") == false)
    }

    @Test(arguments: [
        "", "/x", "h/x", "ftp://h/", "http:/h", "http:h", "http://", "http:///x", "http://:80/",
        "http://h:0/", "http://h:65536/", "http://h:8a/", "http://[::1", "http://[h]/",
        "http://a b/", "http://h/a b", "http://h/\u{E9}", "http://h/\\x", "http://h\\x/",
        "http://h/\u{0}", "http://h%00/", "http://h/\r\nX: y", "javascript:alert(1)", "http://ｈ/",
    ])
    func `what is no URL is refused`(_ text: String) {
        #expect(throws: HTTPWireError.self) { try HTTPURL(text) }
    }

    @Test func `loose paths of peers can be taken, control bytes never`() throws {
        let url = try HTTPURL("http://h/a b/é?x=\"y\"", isLenient: true)
        #expect(url.target == "/a%20b/%C3%A9?x=%22y%22")
        #expect(throws: HTTPWireError.self) { try HTTPURL("http://h/\r\n", isLenient: true) }
        #expect(throws: HTTPWireError.self) { try HTTPURL("http://h/\\", isLenient: true) }
    }

    @Test(arguments: [
        ("http://b/y", "http://b/y"), ("//b/y", "http://b/y"), ("/y", "http://a/y"),
        ("y?z", "http://a/d/y?z"), ("?z", "http://a/d/x?z"), ("https://a/", "https://a/"),
    ])
    func `references are resolved`(_ reference: String, _ expected: String) throws {
        #expect(try HTTPURL("http://a/d/x?q").resolving(reference).text == expected)
    }

    @Test func `other schemes are not followed`() throws {
        let url = try HTTPURL("http://a/")
        for reference in ["file:///etc/passwd", "data:x", "mailto:x"] {
            #expect(throws: HTTPWireError.self) { try url.resolving(reference) }
        }
    }

    @Test func `every byte survives its encoding`() throws {
        let all = (UInt8.min...UInt8.max).map { $0 }
        let text = PercentCoding.encode(all)
        #expect(try PercentCoding.decode(text) == all)
        #expect(text.utf8.allSatisfy { Octet.isUnreserved($0) || $0 == 0x25 })
    }
}
