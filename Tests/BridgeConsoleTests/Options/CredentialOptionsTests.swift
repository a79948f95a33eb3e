import BridgeConsole
import Testing

/// Who we are, by options and variables.
@Suite struct CredentialOptionsTests {
    private static let command = CommandSpecification(
        path: ["send"], summary: "Sends", options: CommonOptions.bridge)

    private static func read(
        _ words: [String], _ variables: [String: String] = [:]
    ) throws(CommandFailure) -> CommonOptions {
        try CommonOptions(try OptionParser.parse(words, for: command)) { variables[$0] }
    }

    private static let readings: [([String], [String: String], CredentialOptions)] = [
        ([], [:], .unsaid),
        (["--creds", "a"], [:], .file("a")),
        (["--nkey", "a"], [:], .seedFile("a")),
        (["--user", "u", "--password", "p"], [:], .user("u", password: "p")),
        (["--user", "u"], [:], .token("u")),
        (["--user", "u"], ["NATS_PASSWORD": "p"], .user("u", password: "p")),
        (["--token", "t"], [:], .token("t")),
        ([], ["NATS_CREDS": "a"], .file("a")),
        ([], ["NATS_NKEY": "a"], .seedFile("a")),
        ([], ["NATS_USER": "u", "NATS_PASSWORD": "p"], .user("u", password: "p")),
        ([], ["NATS_TOKEN": "t"], .token("t")),
        (["--creds", "a"], ["NATS_USER": "u", "NATS_PASSWORD": "p"], .file("a")),
    ]

    @Test(arguments: readings.indices) func `options win over variables`(_ row: Int) throws {
        let (words, variables, choice) = Self.readings[row]
        #expect(try Self.read(words, variables).credentials == choice)
    }

    @Test(arguments: [
        ["--creds", "a", "--nkey", "b"], ["--token", "secret", "--user", "u"], ["--creds="],
        ["--nkey="],
    ])
    func `two kinds are none, and so is a file without a name`(_ words: [String]) {
        let failure = #expect(throws: CommandFailure.self) { try Self.read(words) }
        #expect(failure?.exit == .usage)
        #expect(failure.map { !"\($0)".contains("secret") } == true)
    }

    @Test func `servers may be named more than once`() throws {
        let options = try Self.read(["--server", "a", "--server", "b, c"])
        #expect(options.server == "a,b, c")
    }

    @Test func `no secret is printed`() {
        var dumped = ""
        dump(CredentialOptions.user("u", password: "hunter2"), to: &dumped)
        #expect(!"\(CredentialOptions.token("hunter2")) \(dumped)".contains("hunter2"))
    }
}
