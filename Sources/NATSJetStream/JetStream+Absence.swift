internal import BridgeBytes
internal import BridgeJSON
internal import NATSCore
internal import NATSWire

/// Why nobody answers where a stream should.
enum StreamAbsence: Sendable, Equatable {
    /// JetStream answers, so no stream of its stores the subject.
    case noStream
    /// A stream of that name stores the subject, and does not answer: it has no leader just now.
    case noLeader(String)
    /// JetStream is off, for the server or for the account.
    case disabled(String)
    /// JetStream is there, and cannot tell just now: its cluster has no leader, for instance.
    case silent(String)
    /// JetStream did not tell.
    case unknown

    /// The error of a message that nobody took.
    func error(_ subject: Subject, _ reason: NATSError? = nil) -> JetStreamError {
        let (code, detail): (ErrorCode, String) =
            switch self {
            case .noStream: (.noStream, "no stream stores this subject")
            case .noLeader(let name):
                (.unavailable, "stream \(name) stores this subject and does not answer just now")
            case .silent(let words):
                (.unavailable, "no stream answers on this subject, nor JetStream now: \(words)")
            case .disabled(let words): (.jetStreamDisabled, words)
            case .unknown:
                (.noStream, "no stream answers on this subject, and JetStream does not say why")
            }
        let stream = if case .noLeader(let name) = self { name } else { "" }
        return JetStreamError(
            code, operation: "publish", stream: stream, subject: subject.text, clientError: reason,
            detail: detail, outcome: .denied)
    }
}

extension JetStream {
    /// Longest wait for the answer that tells why nobody took a message: it comes in milliseconds
    /// or not at all, and only makes an error clearer.
    private static let absenceWait = Duration.seconds(1)

    /// Asks JetStream whether it is there, and has a stream for the subject, after nobody took a
    /// message.
    func absence(of subject: Subject) async -> StreamAbsence {
        let absence = await absenceOfJetStream()
        guard absence == .noStream else { return absence }
        var patient = options
        patient.timeout = min(options.timeout, Self.absenceWait)
        patient.apiPrefix = apiPrefix
        patient.domain = nil
        do throws(JetStreamError) {
            return .noLeader(
                try await JetStream(client: client, options: patient).streamName(storing: subject))
        } catch {
            return Self.isPassing(error.code) ? .silent(error.detail) : .noStream
        }
    }

    /// Whether whoever did not tell may do so later.
    private static func isPassing(_ code: ErrorCode) -> Bool {
        code == .timeout || code == .unavailable
    }

    private func absenceOfJetStream() async -> StreamAbsence {
        let off = "JetStream is not enabled on the server, or not in this domain"
        guard api.isUsable else { return .unknown }
        do throws(NATSError) {
            let answer = try await client.request(
                Bytes(), to: api.accountInfo,
                timeout: min(options.timeout, Self.absenceWait))
            do throws(JetStreamError) {
                _ = try APIAnswer.parse(answer.payload, operation: "publish", stream: "")
                return .noStream
            } catch {
                if Self.isPassing(error.code) { return .silent(error.detail) }
                guard error.code == .jetStreamDisabled else { return .unknown }
                return .disabled("JetStream is not enabled for the account: \(error.detail)")
            }
        } catch {
            if Self.isPassing(error.code) { return .silent("it does not answer") }
            return error.code == .noResponders ? .disabled(off) : .unknown
        }
    }
}
