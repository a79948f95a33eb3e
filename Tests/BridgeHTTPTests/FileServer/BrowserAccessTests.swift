import BridgeHTTP
import HTTPWire
import TestKit
import Testing

/// What pages in browsers may do (the Fetch standard; failures.md F7).
@Suite struct BrowserAccessTests {
    private static let origin = "http://dash.example"
    private static let path = "/f/\(TestID.of(1))/x"

    private static func with(
        _ origins: [String], _ body: @escaping @Sendable (inout RawClient) throws -> Void
    ) async throws {
        try await RunningServer.with {
            $0.browserOrigins = origins
        } _: { running in
            try await running.client { client throws in
                #expect(try client.request("PUT", path, body: [1, 2, 3]).status == 201)
                try body(&client)
            }
        }
    }

    @Test func `pages of a listed origin read links, and see their fields`() async throws {
        try await Self.with([Self.origin, "https://other.example:8443/"]) { client throws in
            for origin in [Self.origin, "https://other.example:8443"] {
                let fields = ["Origin: \(origin)", "Range: bytes=1-1"]
                let got = try client.request("GET", Self.path, fields: fields)
                #expect(got.status == 206 && got.body == [2])
                #expect(got.fields["Access-Control-Allow-Origin"] == origin)
                #expect(got.fields["Vary"] == "Origin")
                #expect(got.fields["Access-Control-Allow-Credentials"] == nil)
                let exposed = got.fields.listElements("Access-Control-Expose-Headers")
                for name in ["ETag", "Content-Length", "Content-Range", "Accept-Ranges"] {
                    #expect(exposed.contains(name))
                }
                let gone = try client.request(
                    "GET", "/f/\(TestID.of(2))/x", fields: ["Origin: \(origin)"])
                #expect(gone.status == 404)
                #expect(gone.fields["Access-Control-Allow-Origin"] == origin)
            }
        }
    }

    @Test func `a browser that asks first is told what it may send`() async throws {
        try await Self.with([Self.origin]) { client throws in
            let asked = [
                "Origin: \(Self.origin)", "Access-Control-Request-Method: GET",
                "Access-Control-Request-Headers: range",
                "Access-Control-Request-Private-Network: true",
            ]
            let answer = try client.request("OPTIONS", Self.path, fields: asked)
            #expect(answer.status == 204)
            #expect(answer.fields["Access-Control-Allow-Origin"] == Self.origin)
            #expect(answer.fields["Access-Control-Allow-Methods"] == "GET, HEAD")
            #expect(answer.fields.listElements("Access-Control-Allow-Headers").contains("Range"))
            #expect(answer.fields["Access-Control-Allow-Private-Network"] == "true")
            #expect(answer.fields["Vary"] == "Origin")
            for method in ["PUT", "DELETE", "POST"] {
                let refused = try client.request(
                    "OPTIONS", Self.path,
                    fields: [
                        "Origin: \(Self.origin)", "Access-Control-Request-Method: \(method)",
                    ])
                #expect(refused.status == 405)
                #expect(refused.fields["Access-Control-Allow-Methods"] == nil)
            }
        }
    }

    @Test(arguments: [
        "http://evil.example", "http://dash.example:81", "https://dash.example", "null",
        "http://dash.example.evil", "HTTP://DASH.EXAMPLE", "*", "",
    ])
    func `others are told nothing`(origin: String) async throws {
        for origins in [[], [Self.origin]] {
            try await Self.with(origins) { client throws in
                let got = try client.request("GET", Self.path, fields: ["Origin: \(origin)"])
                #expect(got.status == 200)
                let asked = try client.request(
                    "OPTIONS", Self.path,
                    fields: ["Origin: \(origin)", "Access-Control-Request-Method: GET"])
                #expect(asked.status == 405)
                for answer in [got, asked] {
                    #expect(answer.fields["Access-Control-Allow-Origin"] == nil)
                    #expect(answer.fields["Vary"] == (origins.isEmpty ? nil : "Origin"))
                }
            }
        }
    }

    @Test func `uploads are not told to pages, whatever their origin`() async throws {
        try await Self.with([Self.origin]) { client throws in
            let put = try client.request(
                "PUT", "/f/\(TestID.of(2))/x", fields: ["Origin: \(Self.origin)"], body: [1])
            #expect(put.status == 201)
            #expect(put.fields["Access-Control-Allow-Origin"] == nil)
        }
    }

    @Test(arguments: ["", "*", "null", "dash.example", "http://a/b", "http://a?b", "http://u@a"])
    func `what is no origin is refused`(text: String) {
        #expect(BrowserAccess.normalized(text) == nil)
    }
}
