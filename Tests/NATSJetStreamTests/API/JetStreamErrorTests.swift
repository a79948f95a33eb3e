internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import Testing

@Suite struct JetStreamErrorTests {
    @Test(arguments: [
        (10060, ErrorCode.conditionFailed), (10070, .conditionFailed),
        (10071, .conditionFailed), (10164, .conditionFailed), (10163, .unavailable),
        (10059, .streamNotFound), (10014, .consumerNotFound), (10077, .refused), (0, .refused),
        (10076, .jetStreamDisabled), (10039, .jetStreamDisabled), (10047, .storageFull),
        (10008, .unavailable), (10054, .tooLarge), (10148, .consumerNameInUse),
        (10037, .messageNotFound), (10185, .serverTooOld), (10026, .limitExceeded),
        (10052, .refused), (99999, .refused),
    ])
    func `a code of the server has a name here`(_ number: Int, _ code: ErrorCode) {
        let error = JetStreamError(
            JetStreamAPIError(code: 400, errorCode: number, text: "words"),
            operation: "publish", stream: "")
        #expect(error.code == code)
        #expect(error.apiError?.errorCode == number)
    }

    @Test func `every number of the server has words, and a kind that is known`() {
        let numbers = (10002...10227).filter { JetStreamAPIError.meaning(of: $0) != nil }
        #expect(numbers.count == 226)
        #expect(JetStreamAPIError.meaning(of: 10164) == "wrong last sequence")
        let wordless = JetStreamAPIError(code: 400, errorCode: 10060, text: "")
        #expect("\(wordless)" == "expected stream does not match (400, err_code 10060)")
        let unknown = JetStreamAPIError(code: 418, errorCode: 1, text: "")
        #expect("\(unknown)" == "no words (418, err_code 1)")
    }

    @Test func `a full stream is told from one that refuses for another reason`() {
        let full = JetStreamAPIError(
            code: 503, errorCode: 10077, text: "maximum bytes exceeded")
        let error = JetStreamError(full, operation: "publish", stream: "S")
        #expect(error.code == .storageFull && !error.isTransient)
        #expect(
            "\(error)" == "publish S: maximum bytes exceeded (503, err_code 10077) (storage_full)")
    }

    @Test func `what the client met keeps its code and is told as the reason`() {
        let lost = NATSError(.disconnected, stage: .request, subject: "a", detail: "reset")
        let error = JetStreamError(lost, operation: "stream info", stream: "S")
        #expect(error.code == .disconnected && error.isTransient)
        #expect(error.underlying as? NATSError == lost)
        #expect("\(error)" == "stream info S: reset (disconnected)")
    }
}
