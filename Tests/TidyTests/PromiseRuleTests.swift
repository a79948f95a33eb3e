import Testing

/// What public calls have to say of errors and of cancelling.
@Suite struct PromiseRuleTests {
    private func gaps(_ text: String, requirements: Set<String> = []) -> [PromiseRules.Gap] {
        let file = SourceFile(path: "Sources/NATSWire/A.swift", text: text)
        return PromiseRules.gaps(of: file, requirements: requirements, codes: ["closed"]).map(\.gap)
    }

    @Test(
        arguments: [
            ("/// Does it.\npublic func a() throws(E) {\n}\n", [.throwing]),
            ("/// Does it.\npublic func a() async throws(E) {\n}\n", [.throwing, .waiting]),
            ("public mutating func next() async throws -> Int? {\n}\n", [.throwing, .waiting]),
            ("/// Is it.\npublic var a: Int {\n    get throws(E) { b }\n}\n", [.throwing]),
            ("/// Is it.\npublic var a: Int { get async { b } }\n", [.waiting]),
            (
                "/// Does it.\npublic func a(\n    b: Int\n) async\n    throws(E) {\n}\n",
                [.throwing, .waiting]
            ),
            ("/// It.\npublic protocol P {\n    /// It.\n    func a() throws(E)\n}\n", [.throwing]),
            ("/// It.\n/// - Throws: An error.\npublic func a() throws {\n}\n", [.codes]),
            ("/// It.\n/// - Throws: `closed`.\npublic func a() throws(E) {\n}\n", [.type]),
            ("/// It.\n/// - Throws: `E` with `shut`.\npublic func a() throws(E) {\n}\n", [.codes]),
            (
                "/// It.\n/// - Throws: `E`.\n/// - Returns: `closed`.\n"
                    + "public func a() throws(E) {\n}\n",
                [.codes]
            ),
        ] as [(String, [PromiseRules.Gap])])
    func `what a call leaves out is found`(_ text: String, _ expected: [PromiseRules.Gap]) {
        #expect(gaps(text) == expected)
    }

    @Test(arguments: [
        "/// It.\n/// - Throws: `E` with `closed`. Cancelled, it ends.\n"
            + "public func a() async throws(E) {\n}\n",
        "/// It.\n/// - Throws: What `body` throws.\npublic func a() throws(E) {\n}\n",
        "/// It.\n/// - Throws: As `b(_:)`.\npublic func a() throws(E) {\n}\n",
        "/// Does it.\npublic func a(\n    _ b: () async throws -> Void\n) {\n}\n",
        "/// Is it.\npublic var a: () throws -> Void\n/// Is it.\npublic var b: Int { try! c() }\n",
        "func a() async throws {\n}\n",
        "/// It.\nprotocol P {\n    func a() throws(E)\n}\n",
    ])
    func `a call that says it all is left alone`(_ text: String) {
        #expect(gaps(text) == [])
    }

    @Test func `what carries out a documented requirement needs no words of its own`() {
        let text = "public func a() async throws(E) {\n}\n"
        #expect(gaps(text, requirements: ["func a"]) == [])
        #expect(gaps(text, requirements: ["func b"]) == [.throwing, .waiting])
        #expect(gaps("/// It.\n" + text, requirements: ["func a"]) == [.throwing, .waiting])
    }

    @Test func `codes are the constants of the layers`() {
        let text = "    public static let noPower = ErrorCode(rawValue: \"no_power\")\n"
        let file = SourceFile(path: "Sources/NATSWire/A.swift", text: text)
        #expect(PromiseRules.codes(of: [file]) == ["noPower"])
    }
}
