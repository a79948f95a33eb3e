import BridgeConsole
import Testing

@Suite("Option parser")
struct OptionParserTests {
    static let command = CommandSpecification(
        path: ["send"], summary: "Sends",
        operands: [
            OperandSpecification("SUBJECT", .one, "where to"),
            OperandSpecification("PAYLOAD", .oneOrMore, "what"),
        ],
        options: [
            .value("--server", "URL", "the server"), .value("--output", short: "-o", "FILE", "out"),
            .value("--header", "K=V", repeats: true, "a header"), .flag("--json", "JSON"),
            .flag("--help", short: "-h", "help"),
        ])

    private func parse(_ words: String...) throws -> ParsedArguments {
        try OptionParser.parse(words, for: Self.command)
    }

    private func failure(_ words: String...) -> CommandFailure? {
        do throws(CommandFailure) {
            _ = try OptionParser.parse(words, for: Self.command)
            return nil
        } catch {
            return error
        }
    }

    @Test func `options and operands mix in any order`() throws {
        let parsed = try parse("--json", "a.b", "--server", "nats://h", "x:text=1", "-o", "f")
        #expect(parsed.operands == ["a.b", "x:text=1"])
        #expect(parsed["--server"] == "nats://h")
        #expect(parsed["--output"] == "f")
        #expect(parsed.has("--json"))
        #expect(!parsed.has("--help"))
    }

    @Test func `a value may be attached`() throws {
        let parsed = try parse("--server=nats://h=1", "-ofile", "a", "b")
        #expect(parsed["--server"] == "nats://h=1")
        #expect(parsed["--output"] == "file")
    }

    @Test func `an option may repeat only where it says so`() throws {
        #expect(
            try parse("--header", "a=1", "--header", "b=2", "s", "p").all("--header").count == 2)
        #expect(
            failure("--server", "a", "--server", "b", "s", "p")?.detail.contains("twice") == true)
    }

    @Test func `two hyphens end the options, one is an operand`() throws {
        #expect(try parse("s", "-", "--", "--json").operands == ["s", "-", "--json"])
    }

    @Test func `a negative or strange value is taken as the value`() throws {
        #expect(try parse("--server", "--json", "s", "p")["--server"] == "--json")
    }

    @Test func `an unknown option names the nearest one`() {
        let error = failure("--sever", "x", "s", "p")
        #expect(error?.exit == .usage)
        #expect(error?.hint == "did you mean --server?")
        #expect(failure("--zzzzzzz", "s", "p")?.hint == "see natsbridge send --help")
        #expect(failure("--out", "s", "p")?.hint == "did you mean --output?")
    }

    @Test func `misuse is told apart`() {
        #expect(failure("--json=1", "s", "p")?.detail == "--json takes no value")
        #expect(failure("s", "p", "--server")?.detail == "--server needs a value: --server URL")
        #expect(failure()?.detail == "SUBJECT is missing")
        #expect(failure("s")?.detail == "PAYLOAD is missing")
    }

    @Test func `too many operands`() {
        let one = CommandSpecification(
            path: ["fetch"], summary: "", operands: [OperandSpecification("URL", .one, "what")])
        let expected = CommandFailure.usage(
            "unexpected \"b\"", hint: "usage: natsbridge fetch URL")
        #expect(throws: expected) { try OptionParser.parse(["a", "b"], for: one) }
    }

    @Test func `help needs no operands`() throws {
        #expect(try parse("-h").has("--help"))
    }

    @Test func `help lists every option, example and exit code`() {
        let text = HelpText.text(for: Self.command)
        for option in Self.command.options { #expect(text.contains(option.name)) }
        for code in ExitCode.allCases { #expect(text.contains(code.summary)) }
        #expect(text.hasPrefix("natsbridge send SUBJECT PAYLOAD … [options]"))
    }
}

@Suite("Nearest name")
struct NearestNameTests {
    @Test(arguments: [("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("ab", "ba", 1)])
    func distance(_ left: String, _ right: String, _ edits: Int) {
        #expect(NearestName.distance(left, right) == edits)
        #expect(NearestName.distance(right, left) == edits)
    }
}
