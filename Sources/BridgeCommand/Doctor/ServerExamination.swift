internal import BridgeBytes
internal import BridgeConsole
internal import NATSCore
internal import NATSWire

/// The connection, and what the server lets through it.
struct ServerExamination: Sendable {
    let client: NATSClient
    let options: CommonOptions

    /// An answer that takes longer is told: 95 % of all requests shall take less.
    private static let slow = Duration.milliseconds(200)
    /// What the envelope of one payload takes beside it, in bytes, with room for names and headers.
    private static let envelopeSize = 2_000

    func findings() async -> [DoctorFinding] {
        var findings = [await connection()]
        findings.append(limits())
        return findings
    }

    private func connection() async -> DoctorFinding {
        let info = client.serverInfo
        do throws(NATSError) {
            let time = try await client.roundTripTime()
            let seconds = Figures.seconds(time)
            let name = info.map { "\($0.serverName), version \($0.version)" } ?? "a server"
            let text = "\(name), answers in \(Figures.time(time))"
            let isSlow = time > Self.slow
            return DoctorFinding(
                "connection", isSlow ? .warning : .ok, text,
                advice: isSlow ? "find out what is slow between here and there" : nil,
                figures: [.init("round_trip_seconds", seconds)])
        } catch {
            return DoctorFinding("connection", CommandFailure(error))
        }
    }

    /// How much travels inside a message.
    private func limits() -> DoctorFinding {
        let limit = client.maxPayload
        // Base64 writes three bytes as four.
        let direct = max(0, (limit - Self.envelopeSize) / 4 * 3)
        let threshold = options.threshold ?? 1_000_000
        let figures: [DoctorFinding.Figure] = [
            .init("max_payload_bytes", Double(limit)),
            .init("largest_direct_payload_bytes", Double(min(direct, threshold - 1))),
        ]
        let text =
            "messages of \(Figures.grouped(limit)) bytes; the largest payload inside one has about"
            + " \(Figures.grouped(min(direct, threshold - 1)))"
        guard direct < threshold - 1 else {
            return DoctorFinding("limits", .ok, text, figures: figures)
        }
        return DoctorFinding(
            "limits", .ok, text,
            advice: "larger ones go by link, though --threshold is \(Figures.grouped(threshold));"
                + " max_payload of \(Figures.grouped(threshold / 3 * 4 + Self.envelopeSize)) would"
                + " let them through",
            figures: figures)
    }
}
