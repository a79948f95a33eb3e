import BridgeConsole
import Testing

@Suite("Sizes, durations and payload arguments")
struct QuantitiesTests {
    @Test(arguments: [
        ("0", 0), ("1_000_000", 1_000_000), ("64KB", 64_000), ("64kb", 64_000), ("1MiB", 1 << 20),
        ("2GiB", 2 << 30), ("12B", 12), ("3GB", 3_000_000_000),
    ])
    func size(_ text: String, _ expected: Int) {
        #expect(ByteCount.parse(text) == expected)
    }

    @Test(arguments: ["", "-1", "1.5MB", "MB", "1 MB", "9999999999GiB", "1TBx", "0x10", "٣"])
    func noSize(_ text: String) {
        #expect(ByteCount.parse(text) == nil)
    }

    @Test(arguments: [
        ("0", Duration.zero), ("250ms", .milliseconds(250)), ("2s", .seconds(2)),
        ("10m", .seconds(600)), ("1h30m", .seconds(5400)), ("1.5s", .milliseconds(1500)),
        ("7d", .seconds(604_800)), ("1m0.25s", .milliseconds(60_250)), ("5us", .microseconds(5)),
    ])
    func duration(_ text: String, _ expected: Duration) {
        #expect(DurationText.parse(text) == expected)
    }

    @Test(arguments: ["", "10", "m", "-1s", "1.s", ".5s", "1h30", "1e3s", "99999999999d", "1 s"])
    func noDuration(_ text: String) {
        #expect(DurationText.parse(text) == nil)
    }
}

@Suite("Payload arguments")
struct PayloadArgumentTests {
    @Test(arguments: [
        ("note:text=hello", "note", "text", PayloadArgument.Source.inline("hello")),
        ("note:text=", "note", "text", .inline("")),
        ("a:b:text=x=y:z", "a:b", "text", .inline("x=y:z")),
        ("big file:binary=@/tmp/a b", "big file", "binary", .file("/tmp/a b")),
        ("in:dictionary=@-", "in", "dictionary", .standardInput),
        ("at:text=@@home", "at", "text", .inline("@home")),
    ])
    func reads(
        _ text: String, _ name: String, _ type: String, _ source: PayloadArgument.Source
    ) throws {
        let payload = try PayloadArgument(parsing: text)
        #expect(payload.name == name)
        #expect(payload.type == type)
        #expect(payload.source == source)
    }

    @Test(arguments: [
        ("note", "payload \"note\" has no ="),
        ("note=hello", "payload \"note\" names no type"),
        (":text=x", "payload \":text=x\" has no name"),
        ("a:txt=x", "unknown payload type \"txt\""),
        ("a:binary=@", "a file name is missing after @"),
    ])
    func refuses(_ text: String, _ detail: String) {
        #expect {
            try PayloadArgument(parsing: text)
        } throws: { error in
            (error as? CommandFailure)?.detail == detail
                && (error as? CommandFailure)?.exit == .usage
        }
    }

    @Test func `a misspelt type gets a suggestion`() {
        #expect(
            throws: CommandFailure.usage(
                "unknown payload type \"dictonary\"", hint: "did you mean dictionary?")
        ) { try PayloadArgument(parsing: "a:dictonary={}") }
    }
}
