import BridgeBytes
import BridgeHTTP
import TestKit
import Testing

/// Rows of failures.md: B1, I1.
@Suite struct FileServerMetricsTests {
    @Test func `a server answers with its metrics as text`() async throws {
        try await RunningServer.with { running in
            let path = "/f/\(TestID.of(1))/x"
            let answer = try await running.client { client in
                _ = try client.request("PUT", path, body: [1, 2, 3])
                _ = try client.request("GET", path)
                _ = try client.request("GET", "/healthz")
                return try client.request("GET", "/metrics")
            }
            #expect(answer.status == 200)
            #expect(answer.fields["Content-Type"] == Metrics.contentType)
            let lines = String(decoding: answer.body, as: UTF8.self).split(separator: "\n")
            for line in [
                #"natsbridge_server_requests_total{kind="upload"} 1"#,
                #"natsbridge_server_requests_total{kind="download"} 1"#,
                #"natsbridge_server_requests_total{kind="health"} 2"#,
                "natsbridge_server_files 1", "natsbridge_server_files_stored_total 1",
                "natsbridge_server_connections_open 1", "# EOF",
            ] {
                #expect(lines.contains(Substring(line)), Comment(rawValue: line))
            }
            #expect(running.server.metrics["natsbridge.server.stored"] != nil)
        }
    }
}
