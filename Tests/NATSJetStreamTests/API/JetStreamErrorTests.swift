internal import NATSJetStream
internal import Testing

@Suite struct JetStreamErrorTests {
    @Test(arguments: [
        (10060, JetStreamError.Code.conditionFailed), (10070, .conditionFailed),
        (10071, .conditionFailed), (10164, .conditionFailed), (10163, .unavailable),
        (10059, .streamNotFound), (10014, .consumerNotFound), (10077, .refused), (0, .refused),
    ])
    func `a code of the server has a name here`(_ number: Int, _ code: JetStreamError.Code) {
        let error = JetStreamError(
            JetStreamAPIError(code: 400, errorCode: number, text: "words"),
            operation: "publish", stream: "")
        #expect(error.code == code)
        #expect(error.apiError?.errorCode == number)
    }
}
