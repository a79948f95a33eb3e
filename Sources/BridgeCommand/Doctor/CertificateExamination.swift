internal import BridgeBytes
internal import BridgeConsole

/// How long the certificates are good that the options name: ours, and those of authorities.
enum CertificateExamination {
    private static let day = 86_400.0
    /// Fewer days than these are told.
    private static let fewDays = 21.0

    static func findings(_ options: CommonOptions) -> [DoctorFinding] {
        let files = [
            ("--tlscert", options.tls.certificate), ("--tlsca", options.tls.authority),
            ("--store-cert", options.storeTLS.identity?.certificate),
            ("--store-ca", options.storeTLS.authority),
        ]
        return files.compactMap { option, path in
            path.map { finding(option, $0) }
        }
    }

    private static func finding(_ option: String, _ path: String) -> DoctorFinding {
        let bytes: Bytes
        do throws(CommandFailure) { bytes = try FileBytes.contents(of: path) } catch {
            return DoctorFinding("certificate", error)
        }
        guard let end = CertificateLife.earliestEnd(inPEM: bytes) else {
            return DoctorFinding(
                "certificate", .critical, "\(option) \(path) holds no certificate that can be read",
                exit: .usage)
        }
        let days = Double(end.milliseconds - ThisProgram.now.milliseconds) / 1000 / day
        let level: DoctorFinding.Level = days <= 0 ? .critical : days < fewDays ? .warning : .ok
        let text =
            days <= 0 ? "has expired" : "is good for \(Figures.fixed(days.rounded(.down), 0)) days"
        return DoctorFinding(
            "certificate", level, "\(option) \(path) \(text)",
            advice: level == .ok ? nil : "get a new one from its issuer",
            figures: [.init("certificate_days_left", days)], exit: .connection)
    }
}
