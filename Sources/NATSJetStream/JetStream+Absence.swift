internal import BridgeBytes
internal import BridgeJSON
internal import NATSCore
internal import NATSWire

/// Why nobody answers where a stream should.
enum StreamAbsence: Sendable, Equatable {
    /// JetStream answers, so no stream of its stores the subject.
    case noStream
    /// JetStream is off, for the server or for the account.
    case disabled(String)
    /// JetStream did not tell.
    case unknown

    /// The error of a message that nobody took.
    func error(_ subject: Subject, _ reason: NATSError? = nil) -> JetStreamError {
        let (code, detail): (ErrorCode, String) =
            switch self {
            case .noStream: (.noStream, "no stream stores this subject")
            case .disabled(let words): (.jetStreamDisabled, words)
            case .unknown:
                (.noStream, "no stream answers on this subject, and JetStream does not say why")
            }
        return JetStreamError(
            code, operation: "publish", subject: subject.text, clientError: reason,
            detail: detail, outcome: .denied)
    }
}

extension JetStream {
    /// Longest wait for the answer that tells why nobody took a message: it comes in milliseconds
    /// or not at all, and only makes an error clearer.
    private static let absenceWait = Duration.seconds(1)

    /// Asks JetStream whether it is there, after nobody took a message.
    func absence() async -> StreamAbsence {
        let off = "JetStream is not enabled on the server, or not in this domain"
        do throws(NATSError) {
            let answer = try await client.request(
                Bytes(), to: api.accountInfo,
                timeout: min(options.timeout, Self.absenceWait))
            do throws(JetStreamError) {
                _ = try APIAnswer.parse(answer.payload, operation: "publish", stream: "")
                return .noStream
            } catch {
                guard error.code == .jetStreamDisabled else { return .unknown }
                return .disabled("JetStream is not enabled for the account: \(error.detail)")
            }
        } catch {
            return error.code == .noResponders ? .disabled(off) : .unknown
        }
    }
}
