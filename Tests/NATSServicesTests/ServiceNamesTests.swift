internal import NATSServices
internal import Testing

@Suite struct ServiceNamesTests {
    @Test(arguments: [
        "0.0.0", "1.2.3", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-0.3.7", "1.0.0-x-y.z",
        "1.0.0+20130313", "1.0.0-beta+exp.sha.5114f85", "1.0.0+0.01", "10.20.30", "1.0.0--",
    ])
    func `versions of Semantic Versioning`(_ text: String) {
        #expect(ServiceNames.isVersion(text))
    }

    @Test(arguments: [
        "", "1", "1.2", "1.2.3.4", "01.2.3", "1.02.3", "1.2.03", "a.b.c", "1.2.3-", "1.2.3-01",
        "1.2.3+", "1.2.3-a..b", "1.2.3-a_b", "v1.2.3", " 1.2.3", "1.2.-3", "1.2.3+a+b",
    ])
    func `what is none`(_ text: String) {
        #expect(!ServiceNames.isVersion(text))
    }

    @Test func `names have letters, digits, dashes and underscores`() {
        #expect(["a", "A-b_9", "-"].allSatisfy(ServiceNames.isName))
        let none = ["", "a.b", "a b", "a*", "ä", "a\n", "@", "["]
        #expect(!none.contains(where: ServiceNames.isName))
    }
}
