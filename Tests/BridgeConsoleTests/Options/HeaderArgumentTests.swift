import BridgeConsole
import NATSWire
import Testing

@Suite("Header argument")
struct HeaderArgumentTests {
    @Test(arguments: [
        ("K=V", "K", "V"), ("K: V", "K", "V"), ("K:V", "K", "V"), ("K:   V  ", "K", "V"),
        // The first sign ends the name.
        ("K=a: b", "K", "a: b"), ("K: a=b", "K", "a=b"), ("X-Time: 10:20", "X-Time", "10:20"),
        ("K=", "K", ""), ("K:", "K", ""), ("K= V", "K", " V"),
    ]) func `both forms are read`(_ text: String, _ name: String, _ value: String) throws {
        let header = try HeaderArgument.parse(text, of: "--header")
        #expect(header.name.text == name)
        #expect(header.value.text == value)
    }

    @Test(arguments: ["", "K", "=V", ": V", "a b: V", "K: a\nb"])
    func `what is no header is wrong usage`(_ text: String) {
        #expect(throws: CommandFailure.self) {
            try HeaderArgument.parse(text, of: "--header")
        }
    }

    @Test(arguments: ["secret", "a b: secret"])
    func `a secret is not repeated`(_ text: String) throws {
        let failure = #expect(throws: CommandFailure.self) {
            try HeaderArgument.parse(text, of: "--ws-header", isSecret: true)
        }
        #expect(failure?.line.contains("secret") == false)
    }
}
