import BridgeConsole
import Testing

/// Tokens of file servers and of stores: the command line goes before the environment.
@Suite struct TokenOptionsTests {
    private static let environment = [
        "NATSBRIDGE_UPLOAD_TOKEN": "u", "NATSBRIDGE_DELETE_TOKEN": "d",
        "NATSBRIDGE_STORE_TOKEN": "s",
    ]

    @Test func `what stands on the command line wins, and nothing is made up`() throws {
        let command = CommandSpecification(
            path: ["x"], summary: "X",
            options: ServerTokenOptions.specifications + CommonOptions.links)
        func parse(_ words: [String]) throws -> ParsedArguments {
            try OptionParser.parse(words, for: command)
        }
        let none = try parse([])
        let unset = ServerTokenOptions(none) { _ in nil }
        #expect(unset.upload == nil && unset.delete == nil)
        #expect(try CommonOptions(none) { _ in nil }.storeToken == nil)
        let given = ServerTokenOptions(none) { Self.environment[$0] }
        #expect(given.upload == "u" && given.delete == "d")
        #expect(try CommonOptions(none) { Self.environment[$0] }.storeToken == "s")
        let both = try parse([
            "--upload-token", "U", "--delete-token", "D", "--store-token", "S",
        ])
        let chosen = ServerTokenOptions(both) { Self.environment[$0] }
        #expect(chosen.upload == "U" && chosen.delete == "D")
        #expect(try CommonOptions(both) { Self.environment[$0] }.storeToken == "S")
    }
}
