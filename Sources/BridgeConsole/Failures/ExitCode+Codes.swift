internal import ArrowIPC
package import BridgeBytes
internal import BridgeClaims
internal import BridgeEnvelope
internal import BridgeHTTP
internal import BridgeJSON
internal import HTTPWire
internal import NATSBridge
internal import NATSCore
internal import NATSJetStream
internal import NATSKeyValue
internal import NATSObjectStore
internal import NATSServices
internal import NATSWire

/// What each stable code of the layers below means for a script.
///
/// This is the one table of it: the same code gives the same exit code in whichever command,
/// direction and payload it comes up. `docs/errors.md` is held against it by a test.
extension ExitCode {
    /// The codes of all layers, by what they mean.
    package static let codes: [(exit: ExitCode, codes: [ErrorCode])] = [
        (
            .other,
            [
                .serverError, .serviceError, .jetStreamDisabled, .streamNameInUse,
                .consumerNameInUse, .serverTooOld, .notSent, .alreadyAcknowledged,
                .uploadConflict, .bodyFailed, .folderUnusable, .addressUnusable, .systemError,
                .outputFailed, .demoFailed, .commandFailed, .lifeShortened,
                .sourceFailed, .batchIncomplete,
            ]
        ),
        (
            .usage,
            [
                .usage, .invalidArgument, .unusableReply, .invalidURL, .unsupportedScheme,
                .tlsRequired, .invalidContext, .invalidCredentials, .unsupportedContext,
                .columnNotFound, .invalidRow, .lengthMismatch, .tlsUnavailable,
                .invalidTLSConfiguration,
            ]
        ),
        (
            .connection,
            [
                .connectionFailed, .authorizationFailed, .permissionDenied, .credentialsExpired,
                .credentialsRevoked, .credentialsUnavailable, .authenticationTimeout,
                .certificateRejected, .tlsRefused, .clockSkewed,
            ]
        ),
        (
            .notFound,
            [
                .noStream, .streamNotFound, .consumerNotFound, .consumerDeleted, .messagesLost,
                .messageNotFound, .bucketNotFound, .objectStoreNotFound,
                .objectNotFound, .uploadAborted, .payloadExpired, .payloadNotFound,
                .fileNotFound, .contentLost,
            ]
        ),
        (
            .retryable,
            [
                .disconnected, .closed, .outboxFull, .noResponders, .slowConsumer, .unavailable,
                .heartbeatMissed, .memoryExhausted,
            ]
        ),
        (
            .refused,
            [
                .tooLarge, .limitExceeded, .conditionFailed, .refused, .noStore, .linkRefused,
                .storageFull, .keyExists, .objectExists,
            ]
        ),
        (.integrity, damage + protocolDamage),
        (.timeout, [.timeout]),
        (.interrupted, [.cancelled]),
    ]

    /// Payloads, tables and envelopes that are not what they say.
    private static let damage: [ErrorCode] = [
        .unexpectedAnswer, .notFromJetStream, .checksumMismatch, .invalidChecksum, .sizeMismatch,
        .undecodableContent, .damaged,
        .invalidJSON, .notAnEnvelope, .missingKey, .unknownKey, .duplicateKey, .wrongOrder,
        .typeMismatch, .invalidValue, .unknownTransport, .unsupportedVersion, .invalidBase64,
        .unknownPayloadType, .invalidContent,
        .notArrow, .truncated, .invalidFraming, .invalidFooter, .invalidFlatBuffer, .invalidSchema,
        .invalidBatch,
        .invalidData, .invalidUTF8, .unexpectedMessage, .unsupportedType, .unsupportedFeature,
        .invalidCompression,
        .unexpectedByte, .invalidNumber, .invalidString, .invalidEscape, .loneSurrogate,
        .trailingBytes, .missingValue, .numberOutOfRange,
    ]

    /// Bytes that break a protocol.
    private static let protocolDamage: [ErrorCode] = [
        .protocolViolation,
        .unknownVerb, .controlLineTooLong, .invalidControlLine, .headerSizeExceedsTotal,
        .payloadTerminatorMissing, .invalidHeaders, .tooManyHeaders, .invalidInfo,
        .invalidRequestLine, .invalidStatusLine, .notHTTP, .methodTooLong, .invalidTarget,
        .targetTooLong, .invalidFieldName, .invalidFieldValue, .obsoleteFold, .bareCR, .bareLF,
        .sectionTooLarge, .invalidHost, .invalidContentLength, .ambiguousFraming,
        .invalidTransferCoding, .unknownTransferCoding, .invalidChunk, .chunkExtensionTooLarge,
        .trailerTooLarge, .tooManyInterimResponses, .unexpectedUpgrade, .invalidMultipart,
        .invalidPercentEncoding,
    ]

    private static let byCode: [ErrorCode: ExitCode] = {
        var table: [ErrorCode: ExitCode] = [:]
        for (exit, codes) in codes {
            for code in codes { table[code] = exit }
        }
        return table
    }()

    /// The exit code of a layer's code; `other` for one that a store of somebody else's may have.
    package static func of(_ code: ErrorCode) -> ExitCode { byCode[code] ?? .other }
}
