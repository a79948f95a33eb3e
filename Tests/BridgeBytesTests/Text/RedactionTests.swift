import BridgeBytes
import Testing

@Suite struct RedactionTests {
    @Test(arguments: [
        (#"unknown command "nats://bob:p@ss"w@h:1""#, #"unknown command "nats://h:1""#),
        ("see http://host/a, or not", "see http://host/a, or not"),
        ("mail bob@host", "mail bob@host"), ("", ""),
    ])
    func `a sentence shows no secrets of the address that it quotes`(
        _ text: String, _ shown: String
    ) {
        #expect(Redaction.sentence(text) == shown)
    }

    @Test(arguments: [
        ("http://host/file", "http://host/file"),
        ("http://user:secret@host/file?key=secret#part", "http://host/file?…"),
        ("http://host/a@b", "http://host/a@b"),
        ("user:secret@host/file", "host/file"),
        ("a:b://user:secret@host/file", "host/file"),
        ("", ""),
    ])
    func `a URL is shown without its secrets`(_ text: String, _ shown: String) {
        #expect(Redaction.url(text) == shown)
    }

    @Test(arguments: [
        ("nats://a:4222,nats://b:4222", "nats://a:4222,nats://b:4222"),
        ("nats://user:se,cret@a:4222", "nats://a:4222"),
        ("nats://token@a,b?x=secret", "nats://a,b"),
        ("u@h://secret@a", "a"),
    ])
    func `a list of addresses is shown without their secrets`(_ text: String, _ shown: String) {
        #expect(Redaction.addresses(text) == shown)
    }
}
