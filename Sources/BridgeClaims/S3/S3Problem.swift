package import BridgeBytes
internal import HTTPWire

/// What an S3 store says is wrong: the code of its answer, and what it means here.
///
/// Its own sentence is not repeated: it may hold the access key and what was signed.
package struct S3Problem: Sendable, Hashable {
    /// What follows an answer.
    package enum Verdict: Sendable, Hashable {
        /// It is the last word, good or bad.
        case accept
        /// It may go better next time, though the status does not say so.
        case retry
        /// The store's clock is another: sign again with its time.
        case clock
        /// The credentials have expired: read them again.
        case credentials
    }

    package let status: Int
    /// Empty where the answer has none.
    package let code: String
    private let values: [String: String]

    /// Nil for an answer that is no error. An answer of 200 may be one, too: a store that works
    /// long begins its answer before it knows the end.
    package init?(_ status: Int, body: Bytes) {
        let document = FlatXML(parsing: body.span)
        let isError = document?.name == "Error"
        guard status >= 300 || isError else { return nil }
        self.status = status
        values = isError ? document?.values ?? [:] : [:]
        let stated = values["Code"] ?? ""
        let isWord = stated.utf8.count <= 64 && stated.utf8.allSatisfy { Octet.isUnreserved($0) }
        code = isWord ? stated : ""
    }

    package var verdict: Verdict {
        switch code {
        case "InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout",
            "OperationAborted", "ConditionalRequestConflict", "Throttling", "Busy":
            .retry
        case "RequestTimeTooSkewed": .clock
        case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired": .credentials
        default: status == 200 ? .retry : .accept
        }
    }

    /// Our name for it.
    package var claimCode: ErrorCode {
        switch code {
        case "RequestTimeTooSkewed": .clockSkewed
        case "SignatureDoesNotMatch", "InvalidAccessKeyId", "InvalidToken", "ExpiredToken",
            "ExpiredTokenException", "TokenRefreshRequired", "AuthorizationHeaderMalformed":
            .authorizationFailed
        case "AccessDenied", "AllAccessDisabled", "AccountProblem": .permissionDenied
        case "NoSuchKey": .payloadNotFound
        case "EntityTooLarge": .tooLarge
        case "BadDigest", "XAmzContentSHA256Mismatch", "InvalidDigest": .checksumMismatch
        case "QuotaExceeded", "InsufficientStorage", "XMinioStorageFull": .storageFull
        case "NoSuchBucket": .refused
        default: DownloadMachine.code(status)
        }
    }

    /// A sentence for people.
    package var sentence: String {
        switch code {
        case "": "the store does not do what was asked"
        case "NoSuchBucket": "there is no such bucket (NoSuchBucket)"
        case "SignatureDoesNotMatch":
            "the store does not accept the signature: the secret key is another, or what stands"
                + " between changes requests (SignatureDoesNotMatch)"
        case "InvalidAccessKeyId": "the store does not know the access key (InvalidAccessKeyId)"
        case "RequestTimeTooSkewed":
            "the clocks of this machine and the store are too far apart (RequestTimeTooSkewed)"
        case "AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect",
            "IllegalLocationConstraintException":
            if let region = values["Region"], S3Location.isRegion(region) {
                "the bucket is in the region \(region): write region=\(region) (\(code))"
            } else {
                "the region or the endpoint is another (\(code))"
            }
        default: "the store says \(code)"
        }
    }
}
