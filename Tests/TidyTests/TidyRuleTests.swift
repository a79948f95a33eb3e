import Testing

/// Each rule finds what it is for, and leaves the good form alone.
@Suite struct TidyRuleTests {
    private func messages(
        _ text: String, at path: String = "Sources/NATSWire/Subject.swift",
        _ rule: (SourceFile) -> [Finding]
    ) -> [String] {
        rule(SourceFile(path: path, text: text)).map(\.description)
    }

    @Test(arguments: [
        ("internal import BridgeJSON\n", "Sources/NATSWire/A.swift"),
        ("public import BridgeBytes\n", "Sources/ArrowIPC/A.swift"),
        ("internal import Glibc\n", "Sources/BridgeSockets/A.swift"),
        ("internal import Foundation\n", "Sources/BridgeCommand/A.swift"),
        ("import Foundation\n", "Tests/NATSWireTests/A.swift"),
        ("// import Foundation\n", "Sources/NATSWire/A.swift"),
    ])
    func goodImports(text: String, path: String) {
        #expect(messages(text, at: path, LayerRules.check).isEmpty)
    }

    @Test(arguments: [
        ("internal import NATSCore\n", "Sources/NATSWire/A.swift", "must not import NATSCore"),
        ("internal import Glibc\n", "Sources/NATSWire/A.swift", "is pure"),
        ("internal import Foundation\n", "Sources/NATSBridge/A.swift", "no Foundation"),
        ("internal import struct Foundation.URL\n", "Sources/NATSBridge/A.swift", "no Foundation"),
        ("import BridgeBytes\n", "Sources/NATSWire/A.swift", "says its level"),
        ("internal import NIOCore\n", "Sources/NATSCore/A.swift", "not a module of this project"),
        ("@testable import NATSCore\n", "Tests/NATSCoreTests/A.swift", "no @testable"),
        ("internal import BridgeBytes\n", "Sources/Attic/A.swift", "missing in the table"),
    ])
    func badImports(text: String, path: String, expected: String) {
        let found = messages(text, at: path, LayerRules.check)
        #expect(found.count == 1)
        #expect(found.first?.contains("A.swift:1: ") == true)
        #expect(found.first?.contains(expected) == true)
    }

    @Test func theManifestKeepsTheLayers() {
        let text = """
            func layer(_ name: String, _ dependencies: String...) -> Target {
            layer("NATSWire", "BridgeBytes", "BridgeJSON"),
            layer(
                "HTTPWire", "BridgeBytes",
                "BridgeSockets"),
            """
        let found = messages(text, at: "Package.swift", LayerRules.checkManifest)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("Package.swift:3: HTTPWire must not") == true)
    }

    @Test func longFilesLinesAndFunctions() {
        let line = String(repeating: "a", count: 101)
        let body = String(repeating: "    run()\n", count: 59)
        let long = "func f(\n    x: Int\n) {\n" + body + "}\n"
        #expect(messages(line + "\n", SizeRules.check).count == 1)
        #expect(messages(String(line.dropFirst()) + "\n", SizeRules.check).isEmpty)
        #expect(messages(long, SizeRules.check).first?.contains("function of 63 lines") == true)
        #expect(messages("func f() {\n" + body.dropLast(10) + "}\n", SizeRules.check).isEmpty)
        let file = String(repeating: "\n", count: 401)
        #expect(messages(file, SizeRules.check).first?.contains("401 lines") == true)
    }

    @Test func functionsAreFoundWithTheirLengths() {
        let text = """
            protocol P {
                func requirement() -> Int
                init(x: Int)
            }
            struct S {
                init(x: Int) {
                    self.init(y: x)
                }
                func one() -> Int { "}".count }
                func two(
                    a: () -> Int = { 3 }
                ) {
                    // }
                }
                deinit { }
            }

            """
        let file = SourceFile(path: "Sources/NATSWire/S.swift", text: text)
        let functions = SizeRules.functions(file)
        #expect(functions.map(\.line) == [6, 9, 10, 15])
        #expect(functions.map(\.length) == [3, 1, 5, 1])
    }

    @Test(arguments: [
        "let a = b\t\n", "let a = b \n", "let a = b", "struct ConnectionManager {}\n",
        "// TO" + "DO: later\n", "let a = b as! C\n", "let a = try! b()\n", "let a = b!\n",
        "let a = b[0]!.c\n", "var a: String!\n", "fatalError(\"\")\n", "print(a)\n",
        "final class A: @unchecked Sendable {}\n", "// see /wo" + "rk/x\n",
        "let a = \"\\(b!)\"\n", "let a = b.firstRange(of: c)\n", "let a = #/b/#\n",
    ])
    func badWords(text: String) {
        #expect(!messages(text, WordRules.check).isEmpty)
    }

    @Test(arguments: [
        "let a = b\n", "if a != b && !c {}\n", "// a ConnectionManager! try! as!\n",
        "let a = \"b! as! try! fatalError(\"\n", "let a = #\"\"b!\"#\n", "FileManager.default\n",
        "// Sound: b is set above.\nlet a = b!\n",
        "/// ## Why it is sound\n/// Because.\nclass A: @unchecked Sendable {}\n",
        "let a = \"\"\"\n    b!\n    \"\"\"\n", "/* b! /* c! */ d! */\n",
    ])
    func goodWords(text: String) {
        #expect(messages(text, WordRules.check) == [])
    }

    @Test func aProofDoesNotReachPastAnEmptyLine() {
        let text = "// Sound: because.\n\nlet a = b!\n"
        #expect(messages(text, WordRules.check).count == 1)
    }

    @Test func sleepsAreForNobodyButTheKit() {
        let text = "try await Task.sleep(for: .seconds(1))\n"
        #expect(messages(text, at: "Tests/NATSCoreTests/A.swift", WordRules.check).count == 1)
        #expect(messages(text, at: "Tests/TestKit/Within.swift", WordRules.check).isEmpty)
    }

    @Test func unsafeSaysWhy() {
        #expect(messages("let a = unsafe b()\n", UnprovenRules.checkUnsafe).count == 1)
        let good = "// Sound: b is ours.\nlet a = unsafe b()\n"
        #expect(messages(good, UnprovenRules.checkUnsafe).isEmpty)
        #expect(messages("// unsafe\n", UnprovenRules.checkUnsafe).isEmpty)
    }

    @Test(arguments: [
        "public struct A {}\n", "    public func b() {}\n", "public static func make() {}\n",
        "@frozen public enum A {}\n", "// why\npublic let a = 1\n",
        "/// A.\npublic enum A {\n    case a, b\n}\n",
        "/// A.\npublic struct A {\n    /// B.\n    public enum B {\n        case b\n    }\n}\n",
    ])
    func publicWithoutDocumentation(text: String) {
        #expect(messages(text) { DocumentationRules.check($0) }.count == 1)
    }

    @Test(arguments: [
        "/// A thing.\npublic struct A {}\n", "struct A {}\n", "public import BridgeBytes\n",
        "/// A thing.\n@frozen\npublic enum A {}\n", "public extension A {\n",
        "/// A.\npublic enum A {\n    /// One.\n    case a\n}\nenum B {\n    case b\n}\n",
        "public static func == (a: A, b: A) -> Bool {}\n", "public func hash(into: X) {}\n",
    ])
    func publicWithDocumentation(text: String) {
        #expect(messages(text) { DocumentationRules.check($0) } == [])
    }

    @Test func aWitnessNeedsNoSentenceOfItsOwn() {
        let store = SourceFile(
            path: "Sources/BridgeClaims/Store.swift",
            text:
                "public protocol Store {\n    /// Stores.\n    func put(_ a: A)\n"
                + "    func get()\n}\n"
        )
        let requirements = DocumentationRules.requirements(of: [store])
        #expect(requirements == ["func put"])
        let disk = SourceFile(
            path: "Sources/BridgeClaims/Disk.swift",
            text:
                "    public func put(_ a: A) {}\n    public func get() {}\n"
                + "    package var open: Int\n"
        )
        let found = DocumentationRules.check(disk, requirements: requirements)
        #expect(found.map(\.line) == [2])
    }

    @Test func machinesOpenWithTheirTheory() {
        let path = "Sources/NATSWire/FrameParser.swift"
        let rule = { DocumentationRules.check($0) }
        #expect(messages("internal import BridgeBytes\n\nstruct A {}\n", at: path, rule).count == 1)
        #expect(messages("import B\n/// One.\n/// Two.\nstruct A {}\n", at: path, rule).isEmpty)
    }

    @Test func parsersHaveTests() {
        let parser = SourceFile(
            path: "Sources/NATSWire/FrameParser.swift", text: "package struct FrameParser {\n}\n")
        let hidden = SourceFile(
            path: "Sources/NATSWire/LineParser.swift", text: "struct LineParser {\n}\n")
        let elsewhere = SourceFile(path: "Tests/HTTPWireTests/FrameParserTests.swift", text: "")
        let named = SourceFile(path: "Tests/NATSWireTests/FrameParserTests.swift", text: "")
        let using = SourceFile(
            path: "Tests/NATSWireTests/FrameTests.swift", text: "let a = FrameParser()\n")
        let talking = SourceFile(
            path: "Tests/NATSWireTests/OtherTests.swift", text: "// FrameParser\n")
        #expect(TestRules.check([parser, hidden, elsewhere, talking]).count == 1)
        #expect(TestRules.check([parser, hidden, named]).isEmpty)
        #expect(TestRules.check([parser, hidden, using]).isEmpty)
    }

    @Test func fixturesHaveReaders() {
        let fixture = SourceFile(path: "Fixtures/nats/info.txt", text: "")
        let readme = SourceFile(path: "Fixtures/README.md", text: "")
        let reading = SourceFile(
            path: "Tests/NATSWireTests/InfoTests.swift", text: "file(\"info.txt\")\n")
        #expect(TestRules.check([fixture, readme]).count == 1)
        #expect(TestRules.check([fixture, readme, reading]).isEmpty)
    }
}

@Suite struct UseRuleTests {
    private func finding(_ source: String, _ other: String) -> [String] {
        let files = [
            SourceFile(path: "Sources/NATSWire/A.swift", text: source),
            SourceFile(path: "Sources/NATSWire/B.swift", text: other),
        ]
        return UseRules.check(files).map(\.message)
    }

    @Test func `what the product does not use itself is found`() {
        #expect(finding("package func spare() {}\n", "").count == 1)
        #expect(finding("package static func spare() {}\n", "// spare\n").count == 1)
        #expect(finding("package func used() {}\n", "let a = used()\n").isEmpty)
        #expect(finding("func own() {}\n", "").isEmpty)
    }
}
