internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSObjectStore
internal import TestKit
internal import Testing

/// Whoever may not write into a store.
@Suite(.needsNATSServer) struct ObjectPermissionTests {
    /// Neither the bytes, nor what is said of them.
    @Test(arguments: ["$O.B.C.>", "$O.B.M.>"])
    func `a put that is forbidden says so, leaves nothing, and takes nothing`(
        denied: String
    ) async throws {
        let config = """
            authorization { users: [
              { user: admin, password: p }
              { user: guest, password: p, permissions: { publish: { deny: ["\(denied)"] } } }
            ] }
            """
        try await NATSServerFixture.run(config: config) { server in
            let url = server.url
            try await within {
                func connect(_ user: String) async throws -> NATSClient {
                    try await NATSClient.connect(
                        NATSClientOptions(
                            servers: [url], credentials: .user(user, password: "p")))
                }
                let (admin, guest) = (try await connect("admin"), try await connect("guest"))
                let store = try await ObjectStoreStage.store(admin.jetStream)
                let old = ObjectStoreStage.pattern(25_000)
                try await store.put(old, as: "old", chunkSize: 1000)
                // An answer that is waited for in vain would be the test's end.
                var options = JetStreamOptions()
                options.timeout = patience
                let forbidden = try await JetStream(client: guest, options: options)
                    .objectStore("B")
                let content = ObjectStoreStage.pattern(40_000)
                for name in ["new", "old"] {
                    let code = await ObjectStoreStage.code {
                        try await forbidden.put(content, as: name, chunkSize: 1000)
                    }
                    #expect(code == .permissionDenied)
                }
                #expect(try await store.bytes(of: "old") == old)
                #expect(try await store.objects(includesDeleted: true).map(\.name) == ["old"])
                #expect(try await store.streamInfo().state.messages == 26)
                await guest.close()
                await admin.close()
            }
        }
    }
}
