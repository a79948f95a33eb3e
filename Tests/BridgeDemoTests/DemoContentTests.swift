import BridgeDemo
import BridgeJSON
import Testing

@Suite("Demo content")
struct DemoContentTests {
    @Test(arguments: [0, 1, 2, 3, 999, 1000, 65_536, 70_001, 131_073])
    func `sums in closed form equal sums by hand`(_ rows: Int) {
        var sums = TableSums()
        sums.rows = rows
        for row in 0..<rows {
            sums.id += row
            sums.time += TableFormula.time(row)
            sums.level += TableFormula.level(row)
            sums.drift += TableFormula.drift(row)
            sums.phase += TableFormula.phase(row)
            sums.flags += TableFormula.flag(row) ? 1 : 0
        }
        #expect(sums == TableFormula.sums(rows: rows))
    }

    @Test(arguments: [
        (0, "00000000"), (9, "00000009"), (0xABC, "00000abc"), (9_999_999, "0098967f"),
        (0xDEAD_BEEF, "deadbeef"),
    ])
    func `a label is the row in hexadecimal`(_ row: Int, _ text: String) {
        let label = TableFormula.label(row)
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: label >> (8 * $0)) }
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test func `an analysis names its tones, and no others`() throws {
        let tones = [
            Spectrum.Tone(frequency: 440, amplitude: 0.3),
            Spectrum.Tone(frequency: 2000, amplitude: 0.5),
        ]
        let samples = PCM.samples(tones: tones, samplingRate: 44_100, count: 88_200)
        let analysis = try AudioAnalysis(samples: samples, samplingRate: 44_100, channels: 1)
        #expect(AudioAnalysis.names(tones, in: analysis.report))
        #expect(!AudioAnalysis.names([tones[0]], in: analysis.report))
        #expect(!AudioAnalysis.names(tones + [.init(frequency: 9, amplitude: 1)], in: .null))
        #expect(analysis.report["duration_s"]?.doubleValue == 2)
        #expect(abs(try AudioAnalysis.peak(of: analysis.spectrum) - 2000) < 6)
    }
}
