import Foundation
import TestKit
import Testing

/// The documents name what exists: files, headings, tests, targets of the Makefile, symbols.
@Suite struct DocumentTests {
    /// Every Swift file, once.
    private static let code: String = {
        var texts = [(try? TestFile.text(PackageRoot.file("Package.swift"))) ?? ""]
        for root in ["Sources", "Tests", "Benchmarks", "docs/examples"] {
            let walker = FileManager.default.enumerator(atPath: PackageRoot.file(root))
            while let path = walker?.nextObject() as? String {
                guard path.hasSuffix(".swift") else { continue }
                texts.append((try? TestFile.text(PackageRoot.file("\(root)/\(path)"))) ?? "")
            }
        }
        return texts.joined(separator: "\n")
    }()

    /// Every word of the sources that could be a name.
    private static let words = Set(code.matches(of: /[A-Za-z_][A-Za-z0-9_]*/).map { $0.0 })

    /// Suites and the targets that hold them.
    private static let suites: Set<String> = {
        let types = code.matches(of: /(?:struct|class|enum|actor|extension) (\w+Tests)\b/)
        let walker = FileManager.default.enumerator(atPath: PackageRoot.file("Tests"))
        // Files and folders, as they are named where a file holds several suites.
        let paths = (walker?.allObjects as? [String] ?? []).compactMap {
            $0.split(separator: "/").last?.split(separator: ".").first.map(String.init)
        }
        return Set(types.map { String($0.1) } + paths)
    }()

    /// Words of other languages, formats and programs that look like names of ours.
    private static let foreign: Set<String> = [
        "Authorization", "Location", "Connection", "Date", "Expect", "Host", "Unreleased",
        "Range", "Allow", "Server", "AbortMultipartUpload", "RESPStringRenderable",
    ]

    @Test func `all pages are read`() {
        #expect(DocumentPage.all.count >= 16)
        for name in ["requirements", "walkthrough", "implementation", "validation", "runbook"] {
            #expect(DocumentPage.all.contains { $0.path == "docs/\(name).md" }, "\(name)")
        }
        #expect(Self.suites.count > 300)
    }

    @Test(arguments: DocumentPage.all) func `every link leads somewhere`(_ page: DocumentPage) {
        #expect(page.deadLinks == [])
    }

    @Test(arguments: DocumentPage.all) func `every test that is named exists`(
        _ page: DocumentPage
    ) {
        #expect(page.suites.subtracting(Self.suites) == [])
    }

    @Test(arguments: DocumentPage.all) func `every target of the Makefile exists`(
        _ page: DocumentPage
    ) throws {
        let makefile = try TestFile.text(PackageRoot.file("Makefile"))
        for target in page.makeTargets {
            let isThere = makefile.contains("\n\(target)") || makefile.contains(" \(target) ")
            #expect(isThere, "\(target)")
        }
    }

    @Test(arguments: DocumentPage.all) func `every file that is named exists`(
        _ page: DocumentPage
    ) {
        let missing = page.files.filter { name in
            let path = PackageRoot.file(name)
            return !FileManager.default.fileExists(atPath: path)
                && !FileManager.default.fileExists(atPath: path + ".swift")
        }
        #expect(missing == [])
    }

    @Test(arguments: DocumentPage.all) func `every symbol that is named exists`(
        _ page: DocumentPage
    ) {
        let unknown = page.symbols.filter { symbol in
            let parts = symbol.split(separator: ".")
            return !Self.foreign.contains(symbol) && !symbol.hasSuffix("Tests")
                && !parts.allSatisfy { Self.words.contains($0) }
        }
        #expect(unknown == [])
    }

    @Test func `what does not exist is found`() {
        let page = DocumentPage(
            path: "docs/x.md",
            text: """
                See [there](nowhere.md), [here](runbook.md#no-such-part) and `NoSuchTests`.
                `make nonsense`, `Tests/Nowhere`, `Bridge.noSuchMember`, `Bridge.send`.
                """)
        #expect(page.deadLinks == ["nowhere.md", "runbook.md#no-such-part"])
        #expect(page.suites == ["NoSuchTests"])
        #expect(page.makeTargets == ["nonsense"])
        #expect(page.files == ["Tests/Nowhere"])
        #expect(page.symbols.contains("Bridge.noSuchMember"))
        #expect(!Self.words.contains("noSuch" + "MemberAtAll"))
    }
}
