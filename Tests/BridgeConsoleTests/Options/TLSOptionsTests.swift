import BridgeConsole
import Testing

@Suite struct TLSOptionsTests {
    private static let command = CommandSpecification(
        path: ["send"], summary: "Sends", options: CommonOptions.bridge)

    private func parse(
        _ words: [String], _ variables: [String: String] = [:]
    ) throws(CommandFailure) -> TLSOptions {
        try TLSOptions(try OptionParser.parse(words, for: Self.command)) { variables[$0] }
    }

    @Test func `the command line wins over the environment`() throws {
        let variables = [
            "NATS_CA": "a", "NATS_CERT": "b", "NATS_KEY": "c", "NATS_KEY_PASSPHRASE": "d",
        ]
        let all = try parse([], variables)
        #expect(all.authority == "a" && all.certificate == "b" && all.key == "c")
        #expect(all.passphrase == "d" && !all.isFirst)
        let given = try parse(
            ["--tlsca", "x", "--tlskey", "y", "--tlspassphrase", "z", "--tlsfirst"], variables)
        #expect(given.authority == "x" && given.certificate == "b" && given.key == "y")
        #expect(given.passphrase == "z" && given.isFirst)
    }

    @Test(arguments: ["--tlsca", "--tlscert", "--tlskey"])
    func `an option that names no file is wrong usage`(_ option: String) {
        let failure = #expect(throws: CommandFailure.self) { try parse([option, ""]) }
        #expect(failure?.detail.contains(option) == true)
    }

    @Test func `a passphrase is shown nowhere`() throws {
        let options = try parse(["--tlskey", "k", "--tlspassphrase", "S3CRET"])
        var dumped = ""
        dump(options, to: &dumped)
        #expect(!"\(options)\(dumped)".contains("S3CRET"))
    }
}
