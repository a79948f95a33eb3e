internal import ArrowIPC
internal import BridgeBytes
internal import BridgeConsole
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSBridge
internal import NATSWire

/// Scenario 3: recordings with known tones travel as raw bytes, their metadata in NATS headers;
/// the service answers with an analysis as JSON and the spectrum as an Arrow table.
enum AudioScenario {
    private static let samplingRate = 44_100
    private static let rateHeader: HeaderName = "Sampling-Rate"
    private static let channelsHeader: HeaderName = "Channels"
    private static let subject: Subject = "demo.audio.analyse"

    private struct Recording: Sendable {
        let name: String
        let content: Bytes
        let tones: [Spectrum.Tone]
        let isLink: Bool
    }

    static func run(_ environment: DemoEnvironment, _ log: ScenarioLog) async throws {
        let analyst = try await environment.peer("analyst")
        let recorder = try await environment.peer("recorder")
        let service = try await analyst.serve(subject, analyse)
        for recording in recordings() {
            let start = ContinuousClock.now
            var options = SendOptions()
            options.usesHeaderForm = true
            options.headers = [
                rateHeader: HeaderValue(samplingRate), channelsHeader: HeaderValue(1),
            ]
            let answer = try await recorder.request(
                [recording.name: .audio(recording.content)], to: subject,
                options: options)
            let time = ContinuousClock.now - start
            environment.show(flow: answer.envelope.correlationID)
            log.figure(
                recording.name,
                "\(Figures.bytes(recording.content.count)), answered in \(Figures.time(time))",
                key: "\(recording.name.prefix { $0.isLetter })_us",
                JSONValue((Figures.seconds(time) * 1e6).rounded()))
            try check(answer, of: recording, log)
            if let folder = environment.pictures {
                try await draw(answer, of: recording, in: folder, log)
            }
        }
        try await service.stop()
        await recorder.close()
        await analyst.close()
    }

    /// Two seconds of raw samples, and a WAV file of 5 MB.
    private static func recordings() -> [Recording] {
        let low = [
            Spectrum.Tone(frequency: 440, amplitude: 0.4),
            Spectrum.Tone(frequency: 1000, amplitude: 0.2),
        ]
        let high = [
            Spectrum.Tone(frequency: 523.25, amplitude: 0.3),
            Spectrum.Tone(frequency: 659.26, amplitude: 0.2),
            Spectrum.Tone(frequency: 783.99, amplitude: 0.1),
        ]
        let chunk = PCM.samples(
            tones: low, samplingRate: samplingRate, count: 2 * samplingRate)
        let long = PCM.samples(tones: high, samplingRate: samplingRate, count: 2_500_000)
        return [
            Recording(name: "chunk.pcm", content: PCM.encode(chunk), tones: low, isLink: false),
            Recording(
                name: "recording.wav",
                content: WaveFile(samplingRate: samplingRate, pcm: PCM.encode(long)).encoded(),
                tones: high, isLink: true),
        ]
    }

    /// The service: reads the metadata from the headers, takes WAV or raw samples, analyses.
    private static func analyse(_ message: Received) throws -> Payloads {
        guard let payload = message.payloads.first,
            let rate = message.headers[rateHeader].flatMap({ Int($0) }), rate > 0,
            let channels = message.headers[channelsHeader].flatMap({ Int($0) }), channels == 1
        else {
            return ["analysis": .json(["error": "no sampling rate"])]
        }
        let pcm = WaveFile(parsing: payload.bytes)?.pcm ?? payload.bytes
        let analysis = try AudioAnalysis(
            samples: PCM.decode(pcm), samplingRate: rate, channels: channels)
        guard case .object(var report) = analysis.report else { return [] }
        report["received"] = [
            "name": .string(payload.name), "bytes": JSONValue(payload.bytes.count),
            "checksum": .string(Checksum(of: payload.bytes).description),
            "transport": .string(payload.transport.rawValue),
        ]
        return [
            Payload("analysis", .json(.object(report))),
            Payload("spectrum", .table(analysis.spectrum)),
        ]
    }

    /// Draws the spectrum that came back.
    private static func draw(
        _ answer: Received, of recording: Recording, in folder: String, _ log: ScenarioLog
    ) async throws {
        guard case .table(let spectrum)? = answer["spectrum"]?.value else { return }
        let path = "\(folder)/\(recording.name.prefix { $0 != "." }).svg"
        let chart = try AudioAnalysis.chart(of: spectrum, named: recording.name)
        try await FileBytes.write(Bytes(utf8: chart.svg), to: path)
        log.figure(
            "picture", path, key: "\(recording.name.prefix { $0.isLetter })_picture",
            .string(path))
    }

    private static func check(
        _ answer: Received, of recording: Recording, _ log: ScenarioLog
    ) throws {
        guard case .json(let report)? = answer["analysis"]?.value,
            case .table(let spectrum)? = answer["spectrum"]?.value
        else {
            log.check("\(recording.name): an analysis and a spectrum come back", false)
            return
        }
        let received = report["received"]
        log.check(
            "\(recording.name): arrived unchanged, by \(recording.isLink ? "link" : "message")",
            received?["checksum"]?.stringValue == Checksum(of: recording.content).description
                && received?["transport"]?.stringValue == (recording.isLink ? "link" : "direct"),
            found: received?.description ?? "nothing")
        log.check(
            "\(recording.name): the analysis names its tones, "
                + recording.tones.map { Figures.fixed($0.frequency, 0) }.joined(separator: ", ")
                + " Hz",
            AudioAnalysis.names(recording.tones, in: report),
            found: report["tones"]?.description ?? "none")
        let peak = try AudioAnalysis.peak(of: spectrum)
        let loudest = recording.tones[0].frequency
        log.check(
            "\(recording.name): the spectrum's peak lies at its loudest tone",
            spectrum.count == Spectrum.blockCount / 2 + 1 && abs(peak - loudest) < 6,
            found: "\(Figures.fixed(peak, 1)) Hz in \(spectrum.count) bins")
    }
}
