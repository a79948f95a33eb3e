internal import BridgeBytes
internal import NATSWire
internal import Testing

@Suite struct SubjectTests {
    private func fault(_ text: String) -> SubjectError.Fault? {
        do throws(SubjectError) {
            _ = try Subject(text)
            return nil
        } catch {
            return error.fault
        }
    }

    @Test(arguments: [
        "a", "a.b.c", "/chat/room1", "grüße.welt", "日本", "a*b", "a>b", "$JS.API.INFO", "a.-_=",
        "_INBOX.x",
    ])
    func accepted(_ text: String) throws {
        let subject = try Subject(text)
        #expect(subject.text == text)
        #expect(subject.description == text)
        #expect(subject.count == text.utf8.count)
        #expect(try subject.validated() == subject)
    }

    @Test(arguments: [
        ("", SubjectError.Fault.empty), ("a..b", .emptyToken), (".a", .emptyToken),
        ("a.", .emptyToken), (".", .emptyToken), ("a b", .blank), ("a\tb", .blank),
        ("a\r\nPUB b 0\r\n\r\n", .controlCharacter), ("a\0", .controlCharacter),
        ("a\u{7F}", .controlCharacter), ("a.*", .wildcard), ("*", .wildcard), ("a.>", .wildcard),
        (">", .wildcard), ("a.*.b", .wildcard),
    ])
    func refused(_ text: String, _ expected: SubjectError.Fault) {
        #expect(fault(text) == expected)
    }

    @Test func lengthIsBounded() {
        #expect(fault(String(repeating: "a", count: WireLimits.maxSubject)) == nil)
        #expect(fault(String(repeating: "a", count: WireLimits.maxSubject + 1)) == .tooLong)
    }

    @Test("Of all bytes, exactly the dot, blanks, controls, DEL and lone wildcards are refused")
    func everyByte() {
        for byte in UInt8(0)...127 {
            let text = String(UnicodeScalar(byte))
            let refused = byte <= 0x20 || byte == 0x7F || ".*>".contains(text)
            #expect((fault(text) != nil) == refused, "\(byte)")
        }
    }

    @Test(arguments: [("ab.c d", 4), ("ab..d", 3), ("a.*.c", 2), ("a.b.", 4)])
    func theOffsetIsThatOfTheFault(_ text: String, _ offset: Int) {
        let error = #expect(throws: SubjectError.self) { try Subject(text) }
        #expect(error?.offset == offset)
        #expect(error?.kind == .subject)
    }

    @Test func aReceivedSubjectIsCheckedOnlyOnDemand() {
        let wild = Subject(received: Bytes(utf8: "a.>"))
        #expect(wild.text == "a.>")
        #expect(throws: SubjectError.self) { try wild.validated() }
    }

    @Test func receivedSubjectsShareMemoryAndDetach() {
        let line = Bytes(utf8: "MSG a.b 1 2")
        let subject = Subject(received: line[4..<7])
        #expect(subject.bytes.address == line.address + 4)
        #expect(subject == "a.b")
        #expect(subject.copied() == subject)
        #expect(subject.copied().bytes.address != subject.bytes.address)
    }

    @Test(arguments: [
        ("a", "a", true), ("a", "b", false), ("a", "a.b", false), ("a.b", "a", false),
        ("*", "a", true), ("*", "a.b", false), (">", "a", true), (">", "a.b.c", true),
        ("a.*", "a.b", true), ("a.*", "a", false), ("a.*", "a.b.c", false),
        ("a.*.c", "a.b.c", true), ("a.*.c", "a.b.d", false), ("a.>", "a.b", true),
        ("a.>", "a", false), ("a.>", "b.a", false), ("*.*", "a.b", true), ("*.>", "a.b.c", true),
        ("ab", "a", false), ("a", "ab", false), ("ab.c", "a.c", false), ("a.c", "ab.c", false),
        ("a.b", "axb", false),
        ("a*", "ab", false), ("a*", "a*", true), ("*.b", "aaa.b", true), ("*.b", "aaa.bb", false),
    ])
    func matching(_ pattern: String, _ subject: String, _ expected: Bool) throws {
        let pattern = try SubjectPattern(pattern)
        #expect(try pattern.matches(Subject(subject)) == expected)
    }

    @Test(arguments: ["a.>.b", ">.a", "a..b", "", "a b", "a.", "a\n"])
    func refusedPatterns(_ text: String) {
        #expect(throws: SubjectError.self) { try SubjectPattern(text) }
    }

    @Test func wildcards() throws {
        for text in ["*", ">", "a.*", "*.a", "a.>", "a.*.b"] {
            #expect(try SubjectPattern(text).hasWildcards)
        }
        for text in ["a", "a*", "*a.b", "a>b", "a.b"] {
            #expect(try !SubjectPattern(text).hasWildcards)
        }
        #expect(SubjectPattern("a.b" as Subject).text == "a.b")
    }

    @Test func queueGroups() throws {
        for text in ["workers.eu", "a..b", "*"] {
            #expect(try QueueGroup(text).text == text)
        }
        for text in ["", "a b", "a\r\n", "a\t"] {
            #expect(throws: SubjectError.self) { try QueueGroup(text) }
        }
    }
}
