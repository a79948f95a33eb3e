import BridgeBytes
import BridgeClaims
import TestKit
import Testing

@Suite struct FlatXMLTests {
    private func parse(_ text: String) -> FlatXML? {
        FlatXML(parsing: Bytes(utf8: text).span)
    }

    @Test func `the children of an error, an upload and an answer with blanks in front`() {
        let error = parse(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <Error><Code>SlowDown</Code><Message>a &lt;b&gt; &amp; &#65;&#x42;</Message>
              <RequestId/><!-- no more --></Error>
            """)
        #expect(error?.name == "Error")
        #expect(error?.values == ["Code": "SlowDown", "Message": "a <b> & AB"])
        let upload = parse(
            "  \n<R xmlns=\"http://x/>\"><UploadId>a-b</UploadId><O><I>1</I></O></R>\n")
        #expect(upload?.name == "R" && upload?.values == ["UploadId": "a-b", "O": ""])
        #expect(parse("<Error/>")?.values == [:])
        #expect(parse("<E><A>1</A><A>2</A></E>")?.values == ["A": "1"])
    }

    @Test(arguments: [
        "", "text", "<", "<E", "<E>", "<E></F>", "<E><A></E>", "<E><A>1</B></E>", "<E>x</E>",
        "<E></E>x", "<E></E><F/>", "<!DOCTYPE a [<!ENTITY b \"c\">]><E/>", "<E><A>&b;</A></E>",
        "<E><A>&#0xFFFFFFFF;</A></E>", "<E><A>&#-1;</A></E>", "<E><A>&amp</A></E>", "<1<>",
        "<E a=\"x></E>", "<E><!-- </E>", "<?xml",
    ])
    func `what is not well formed is none`(text: String) {
        #expect(parse(text) == nil)
    }

    @Test func `a document cut anywhere is none, and depth has an end`() {
        let text = "<Error><Code>SlowDown</Code><M>&#65;</M></Error>"
        for count in 0..<text.utf8.count { #expect(parse(String(text.prefix(count))) == nil) }
        let deep = String(repeating: "<a>", count: 1000)
        #expect(parse(deep + String(repeating: "</a>", count: 1000)) == nil)
        #expect(parse("<r><a><b><c>1</c></b></a></r>")?.values == ["a": ""])
    }

    @Test func `any bytes are read or refused`() {
        var generator = SeededGenerator(#function)
        let marks = Array("<>/&;?!-\"'= aA1x#\u{0}".utf8)
        for _ in 0..<2000 {
            let count = Int.random(in: 0..<60, using: &generator)
            let bytes = (0..<count).map { _ in marks.randomElement(using: &generator) ?? 0 }
            let document = FlatXML(parsing: Bytes(bytes).span)
            #expect(document == nil || bytes.contains(0x3E))
        }
    }
}
