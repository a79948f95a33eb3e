import HTTPWire
import Testing

@Suite struct DigestFieldTests {
    private let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    private let text = "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:"

    @Test func `a digest is read as it is written`() {
        #expect(DigestField.value(sha256: hello) == text)
        #expect(DigestField([text])?.sha256 == hello)
        #expect(DigestField(["SHA-256" + text.dropFirst(7)])?.sha256 == hello)
        #expect(DigestField(["unixsum=:MDEyMw==:", text, text])?.sha256 == hello)
        #expect(DigestField([]) != nil && DigestField([])?.sha256 == nil)
        #expect(DigestField.value(sha256: "") == nil)
    }

    @Test(arguments: [
        "sha-256", "sha-256=", "sha-256=:", "sha-256=::", "sha-256=:AAAA:", "=:AAAA:",
        "sha-256=LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", "sha 256=:AAAA:",
        "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmC.=:", "other=:A:",
    ])
    func `what is no digest is refused`(member: String) {
        #expect(DigestField([member]) == nil)
    }

    @Test func `digests that contradict each other are refused`() {
        let other = text.replacing("LPJ", with: "LPK")
        #expect(DigestField([text, other]) == nil)
    }
}
