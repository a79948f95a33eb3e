import BridgeBytes
import TestKit
import Testing

@Suite("Text search")
struct TextSearchTests {
    /// The oracle is the standard library's search.
    @Test func `a text is found where it stands first`() {
        var random = SeededGenerator("TextSearch")
        let letters = ["a", "b", "ab", "ä", "://", ":"]
        func text(_ most: Int) -> String {
            (0..<Int.random(in: 1...most, using: &random)).map { _ in
                letters.randomElement(using: &random) ?? ""
            }.joined()
        }
        for _ in 0..<1000 {
            let (whole, part) = (text(12), text(3))
            let place = whole.firstRange(of: part)
            #expect(whole.firstPlace(of: part) == place, "\(part) in \(whole)")
            #expect(whole.holds(part) == (place != nil))
            let rest = whole.dropFirst()
            #expect(rest.firstPlace(of: part) == rest.firstRange(of: part))
        }
        #expect("abc".firstPlace(of: "") == "abc".startIndex..<"abc".startIndex)
        #expect("".firstPlace(of: "a") == nil)
    }

    /// What reads by characters would not find it, and show the password.
    @Test func `a mark that joins the last letter hides nothing`() {
        let text = "nats://\u{301}user:secret@host"
        #expect(text.holds("://"))
        #expect(!Redaction.sentence(text).contains("secret"))
    }
}
