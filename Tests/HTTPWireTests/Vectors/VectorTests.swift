import BridgeBytes
import HTTPWire
import TestKit
import Testing

/// The shared golden vectors: whole, byte by byte and cut everywhere, the record is the same.
@Suite(.needsSharedData) struct VectorTests {
    @Test(arguments: Vector.requests())
    func request(_ vector: Vector) {
        let whole = ServerRun([vector.input])
        for feed in Splits.of(vector.input, name: vector.name) {
            #expect(ServerRun(feed.pieces) == whole, "\(vector.name) \(feed)")
        }
        switch vector.verdict {
        case "accept":
            #expect(whole.error == nil, "\(whole)")
            #expect(whole.exchanges.count == 1 && whole.exchanges.allSatisfy(\.isWhole))
            if let body = vector.body { #expect(whole.exchanges.first?.body == Array(body)) }
            if let connection = vector.connection {
                #expect(whole.isClosed == (connection == "close"))
            }
        case "interim":
            #expect(whole.error == nil)
            #expect(whole.exchanges.first?.expectation == .continue100)
        case "reject" where Self.semantic.contains(vector.name):
            #expect(whole.error == nil, "the machine has no opinion on \(vector.name)")
        case "reject":
            #expect(whole.error != nil, "\(whole)")
            #expect(whole.exchanges.count <= 1)
            #expect(whole.exchanges.first?.isWhole != true)
            #expect(vector.statuses.contains(whole.status ?? 0), "\(whole)")
        default: #expect(whole.exchanges.count <= 1)
        }
    }

    /// Refused by the file server, not by the grammar of messages.
    static let semantic = [
        "line-connect", "line-trace", "expect-100-too-big", "put-content-range",
    ]

    @Test(arguments: Vector.responses())
    func response(_ vector: Vector) {
        let whole = ClientRun(
            [vector.input], method: vector.method, isClosedAfter: vector.closes)
        for feed in Splits.of(vector.input, name: vector.name) {
            var run = ClientRun(
                feed.pieces, method: vector.method, isClosedAfter: vector.closes)
            // What comes after the end may not have been read yet.
            run.left = whole.left
            #expect(run == whole, "\(vector.name) \(feed)")
        }
        check(vector, whole)
    }

    private func check(_ vector: Vector, _ run: ClientRun) {
        switch vector.verdict {
        case "error" where vector.name.hasPrefix("206"), "redirect-by-policy", "refuse",
            "size-mismatch", "error-or-decode", "restart", "restart-from-zero",
            "complete-if-sizes-match", "permanent", "retry", "retry-after", "retry-capped",
            "retry-then-not-found":
            // The client's business: the message itself is well formed.
            #expect(run.error == nil && run.isWhole, "\(run)")
        case "error", "incomplete", "error-or-te": #expect(run.error != nil, "\(run)")
        case "body":
            #expect(run.error == nil && run.isWhole && run.reusable, "\(run)")
            #expect(run.body == vector.body.map { Array($0) })
        case "body-then-close":
            #expect(run.error == nil && run.isWhole && !run.reusable, "\(run)")
            #expect(run.body == vector.body.map { Array($0) })
        case "empty-body": #expect(run.isWhole && run.reusable && run.body.isEmpty)
        case "incomplete-unless-size-known":
            #expect(run.framing == .untilClose && run.isWhole && !run.reusable)
        case "refuse-before-allocating": #expect(run.framing == .length(Int.max))
        default: Issue.record("unknown expectation \(vector.verdict)")
        }
    }

    @Test func allVectorsAreThere() {
        #expect(Vector.requests().count > 70)
        #expect(Vector.responses().count > 35)
    }
}
