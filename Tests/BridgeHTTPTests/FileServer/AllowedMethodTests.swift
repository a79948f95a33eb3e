import BridgeHTTP
import TestKit
import Testing

/// What a 405 lists is what the path takes (RFC 9110, 15.5.6).
@Suite struct AllowedMethodTests {
    private static let id = TestID.of(1)
    private static let everything = ["PUT", "PATCH", "POST", "GET", "HEAD", "DELETE", "OPTIONS"]

    @Test(arguments: [
        ("/f", "POST"), ("/f/", "POST"), ("/f/name", "POST"),
        ("/f/\(id)", "POST, GET, HEAD, DELETE"),
        ("/f/\(id)/x", "PUT, PATCH, POST, GET, HEAD, DELETE"),
        ("/upload", "POST"), ("/file/\(id)", "POST"),
        ("/file/\(id)/\(id)/x", "GET, HEAD, DELETE"),
        ("/healthz", "GET, HEAD"), ("/readyz", "GET, HEAD"), ("/metrics", "GET, HEAD"),
    ])
    func `each path says what may be asked of it`(path: String, allowed: String) async throws {
        try await RunningServer.with { running in
            let methods = allowed.split(separator: ", ").map(String.init)
            let port = running.port
            try await running.client { client throws in
                let put = try client.request("PUT", "/f/\(Self.id)/x", body: [1])
                #expect(put.status == 201)
                for method in Self.everything {
                    var other = try RawClient(port: port)
                    other.send("\(method) \(path) HTTP/1.1\r\nHost: a\r\n")
                    other.send("Content-Length: 0\r\n\r\n")
                    let answer = try other.answer(to: method)
                    if methods.contains(method) {
                        #expect(![405, 501].contains(answer.status), "\(method)")
                    } else {
                        // A name that is no identifier is not there, whoever asks for it.
                        #expect([404, 405].contains(answer.status), "\(method)")
                        #expect(answer.fields["Allow"] == (answer.status == 405 ? allowed : nil))
                    }
                }
            }
        }
    }
}
