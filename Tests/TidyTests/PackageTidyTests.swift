import TestKit
import Testing

/// The package keeps its own rules. Each finding says where, what, and what to do instead.
@Suite struct PackageTidyTests {
    @Test func theHouseIsTidy() {
        let files = PackageFiles.read()
        #expect(files.count > 50, "the walk found the package")
        for finding in Tidy.check(files) {
            Issue.record(Comment(rawValue: finding.description))
        }
    }
}
