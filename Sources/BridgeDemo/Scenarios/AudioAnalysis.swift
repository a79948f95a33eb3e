package import ArrowIPC
internal import BridgeBytes
package import BridgeConsole
package import BridgeJSON
internal import Glibc

/// What the demo's audio service answers: the tones of a recording as JSON, and its spectrum as a
/// table.
package struct AudioAnalysis: Sendable {
    /// Tones below this share of full scale are noise.
    private static let floor = 0.02
    /// Amplitudes below this share of full scale are drawn as this: -120 dB.
    private static let silence = 1e-6

    package let tones: [Spectrum.Tone]
    package let report: JSONValue
    package let spectrum: Table

    package init(samples: [Float], samplingRate: Int, channels: Int) throws(ArrowError) {
        let spectrum = Spectrum(of: samples, samplingRate: samplingRate)
        tones = spectrum.tones(above: Self.floor)
        let seconds = Double(samples.count) / Double(samplingRate * channels)
        report = [
            "duration_s": JSONValue(Self.rounded(seconds, 3)),
            "sampling_rate": JSONValue(samplingRate),
            "channels": JSONValue(channels),
            "tones": .array(
                tones.map { tone in
                    [
                        "frequency_hz": JSONValue(Self.rounded(tone.frequency, 1)),
                        "amplitude": JSONValue(Self.rounded(tone.amplitude, 3)),
                    ]
                }),
        ]
        let bins = spectrum.amplitudes.count
        self.spectrum = try Table([
            "frequency_hz": Column((0..<bins).map { spectrum.frequency(ofBin: $0) }),
            "amplitude": Column(spectrum.amplitudes.map { Float($0) }),
        ])
    }

    /// Whether the analysis names the tones that a recording was made with: each within a hertz,
    /// the loudest first, and no other.
    package static func names(_ tones: [Spectrum.Tone], in report: JSONValue) -> Bool {
        let found = report["tones"]?.arrayValue ?? []
        guard found.count == tones.count else { return false }
        return zip(found, tones.sorted { $0.amplitude > $1.amplitude }).allSatisfy { found, tone in
            guard let frequency = found["frequency_hz"]?.doubleValue,
                let amplitude = found["amplitude"]?.doubleValue
            else { return false }
            return abs(frequency - tone.frequency) < 1
                && abs(amplitude - tone.amplitude) < 0.05 * tone.amplitude
        }
    }

    /// The frequency of the tallest bin of a spectrum table.
    package static func peak(of spectrum: Table) throws(ArrowError) -> Double {
        guard let batch = spectrum.batches.first else { return 0 }
        let frequencies = try batch.column("frequency_hz")
        let amplitudes = try batch.column("amplitude")
        let values = try amplitudes.span(as: Float.self)
        var best = 0
        for index in values.indices where values[index] > values[best] { best = index }
        return try frequencies.number(Double.self, at: best) ?? 0
    }

    /// A spectrum table as a picture: decibels below full scale over the frequencies of hearing.
    package static func chart(
        of spectrum: Table, named name: String
    ) throws(ArrowError) -> SVGChart {
        var points: [(x: Double, y: Double)] = []
        for batch in spectrum.batches {
            for (hertz, amplitude) in zip(try hertz(in: batch), try amplitudes(in: batch))
            where hertz >= 20 {
                // What is silent has no logarithm, and lies at the bottom.
                points.append((hertz, 20 * log10(max(Double(amplitude), silence))))
            }
        }
        return SVGChart(
            "Spectrum of \(name)",
            x: SVGChart.Axis("frequency", .logarithmic) { hertz in
                hertz < 1000
                    ? "\(Figures.fixed(hertz, 0)) Hz" : "\(Figures.fixed(hertz / 1000, 0)) kHz"
            },
            y: SVGChart.Axis("level below full scale") { Figures.fixed($0, 0) + " dB" },
            [SVGChart.Line(name, points)])
    }

    // Columns and spans in two steps each: on one the optimiser of Swift 6.3.1 ends.
    private static func hertz(
        in batch: RecordBatch
    ) throws(ArrowError) -> [Double] {
        let column = try batch.column("frequency_hz")
        let span = try column.span(as: Double.self)
        return span.indices.map { span[$0] }
    }

    private static func amplitudes(
        in batch: RecordBatch
    ) throws(ArrowError) -> [Float] {
        let column = try batch.column("amplitude")
        let span = try column.span(as: Float.self)
        return span.indices.map { span[$0] }
    }

    private static func rounded(_ value: Double, _ decimals: Int) -> Double {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        return (value * scale).rounded() / scale
    }
}
