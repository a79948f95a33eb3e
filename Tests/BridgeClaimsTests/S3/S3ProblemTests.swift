import BridgeBytes
import BridgeClaims
import Testing

/// What a store says is wrong, and what follows.
@Suite struct S3ProblemTests {
    private func problem(_ status: Int, _ code: String, _ more: String = "") -> S3Problem? {
        S3Problem(status, body: Bytes(utf8: "<Error><Code>\(code)</Code>\(more)</Error>"))
    }

    @Test(arguments: [
        (500, "InternalError"), (503, "SlowDown"), (400, "RequestTimeout"),
        (409, "OperationAborted"), (409, "ConditionalRequestConflict"), (200, "InternalError"),
        (200, "SomethingElse"),
    ])
    func `what passes is tried again`(status: Int, code: String) {
        #expect(problem(status, code)?.verdict == .retry)
    }

    @Test(arguments: [
        (403, "SignatureDoesNotMatch", ErrorCode.authorizationFailed),
        (403, "InvalidAccessKeyId", .authorizationFailed), (403, "AccessDenied", .permissionDenied),
        (404, "NoSuchKey", .payloadNotFound), (404, "NoSuchBucket", .refused),
        (400, "EntityTooLarge", .tooLarge), (400, "BadDigest", .checksumMismatch),
        (403, "QuotaExceeded", .storageFull), (413, "", .tooLarge), (507, "", .storageFull),
    ])
    func `what stays has its own name`(status: Int, code: String, ours: ErrorCode) {
        let problem = problem(status, code)
        #expect(problem?.verdict == .accept && problem?.claimCode == ours)
        #expect(problem?.sentence.contains(code) == true)
    }

    @Test func `the clock and the credentials can be corrected`() {
        #expect(problem(403, "RequestTimeTooSkewed")?.verdict == .clock)
        #expect(problem(403, "RequestTimeTooSkewed")?.claimCode == .clockSkewed)
        #expect(problem(400, "ExpiredToken")?.verdict == .credentials)
    }

    @Test func `a wrong region is told with the right one, and nothing else of the answer`() {
        let region = problem(
            400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region><Message>m</Message>")
        #expect(region?.sentence.contains("region=eu-west-1") == true)
        let lie = problem(400, "AuthorizationHeaderMalformed", "<Region>a b</Region>")
        #expect(lie?.sentence.contains("a b") == false)
        let secret = problem(403, "SignatureDoesNotMatch", "<AWSAccessKeyId>A</AWSAccessKeyId>")
        #expect(secret?.sentence.contains("<") == false)
    }

    @Test func `a success is no problem, and an error without a document is one`() {
        #expect(S3Problem(200, body: Bytes()) == nil)
        #expect(S3Problem(204, body: Bytes(utf8: "<Other/>")) == nil)
        #expect(S3Problem(500, body: Bytes(utf8: "<html>"))?.code == "")
        #expect(problem(403, "a b<x/>")?.code == "")
    }
}
