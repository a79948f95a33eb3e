import ArrowIPC
import BridgeBytes
import BridgeClaims
import BridgeEnvelope
import BridgeHTTP
import HTTPWire
import NATSBridge
import NATSCore
import NATSWire
import TestKit
import Testing

/// The README's example of NATSBridge; a tidy test holds the two together.
@Suite(.needsNATSServer) struct BridgeExample {
    @Test func sendsAndReceives() async throws {
        try await NATSServerFixture.run { server in
            let directory = try TemporaryDirectory()
            let files = try await FileServer.start(FileServerOptions(directory: directory.path))
            let (serverURL, storeURL) = (server.url, files.baseURL)
            let table = try Table(["reading": Column(Array(repeating: 1.5, count: 200_000))])

            let bridge = try await Bridge.connect(
                BridgeOptions(
                    client: NATSClientOptions(servers: [serverURL]),
                    store: try FileServerStore(baseURL: HTTPURL(storeURL))))
            let messages = try await bridge.messages(on: "lab.results")

            try await bridge.send(
                [
                    OutgoingPayload("note", .text("run 7 is done")),
                    OutgoingPayload("table", .arrowTable(table)),  // 1.6 MB: goes by link
                ], to: "lab.results")

            for try await result in messages {
                let received = try result.get()  // or why this message cannot be used
                print(received.envelope.correlationID, received.payloads.map(\.name))
                guard case .arrowTable(let table) = received["table"]?.value else { continue }
                print(table.count, "rows")
                messages.unsubscribe()
            }
            await bridge.close()
            await files.stop()
        }
    }
}
