import BridgeBytes
import BridgeDemo
import Foundation
import Testing

@Suite("Signals: transform, spectrum, recordings")
struct SignalTests {
    /// The definition itself, O(n²): X[k] = Σ x[n]·exp(−2πi·k·n/count).
    private func definition(_ real: [Double], _ imaginary: [Double]) -> ([Double], [Double]) {
        let count = real.count
        var outReal: [Double] = []
        var outImaginary: [Double] = []
        for k in 0..<count {
            var (x, y) = (0.0, 0.0)
            for n in 0..<count {
                let angle = -2 * Double.pi * Double(k * n % count) / Double(count)
                x += real[n] * cos(angle) - imaginary[n] * sin(angle)
                y += real[n] * sin(angle) + imaginary[n] * cos(angle)
            }
            outReal.append(x)
            outImaginary.append(y)
        }
        return (outReal, outImaginary)
    }

    @Test(arguments: [1, 2, 4, 8, 64, 512])
    func `the transform equals its definition`(_ count: Int) {
        var state: UInt64 = 12_345
        func random() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 40) / Double(1 << 24) - 0.5
        }
        var real = (0..<count).map { _ in random() }
        var imaginary = (0..<count).map { _ in random() }
        let expected = definition(real, imaginary)
        FourierTransform(count: count).transform(real: &real, imaginary: &imaginary)
        for k in 0..<count {
            #expect(abs(real[k] - expected.0[k]) < 1e-9)
            #expect(abs(imaginary[k] - expected.1[k]) < 1e-9)
        }
    }

    @Test func `tones are found with frequency and amplitude`() throws {
        let tones = [
            Spectrum.Tone(frequency: 440, amplitude: 0.4),
            Spectrum.Tone(frequency: 1234.5, amplitude: 0.2),
            Spectrum.Tone(frequency: 5000, amplitude: 0.1),
        ]
        let samples = PCM.samples(tones: tones, samplingRate: 44_100, count: 44_100)
        let found = Spectrum(of: samples, samplingRate: 44_100).tones(above: 0.02)
        try #require(found.count == tones.count)
        for (tone, expected) in zip(found, tones) {
            #expect(abs(tone.frequency - expected.frequency) < 0.5)
            #expect(abs(tone.amplitude - expected.amplitude) < expected.amplitude * 0.03)
        }
    }

    @Test func `silence and a short recording have no tones`() {
        let silence = Spectrum(of: [], samplingRate: 44_100)
        #expect(silence.tones(above: 0.001).isEmpty)
        #expect(silence.amplitudes.count == Spectrum.blockCount / 2 + 1)
    }

    @Test func `samples survive their 16 bits`() {
        let samples: [Float] = [0, 1, -1, 0.5, -0.25, 2, -3]
        let decoded = PCM.decode(PCM.encode(samples))
        for (a, b) in zip(decoded, samples) {
            #expect(abs(a - min(max(b, -1), 1)) < 1 / 32_000)
        }
    }

    @Test func `a recording survives its file`() throws {
        let pcm = PCM.encode([0, 0.5, -0.5])
        let file = WaveFile(samplingRate: 44_100, pcm: pcm).encoded()
        #expect(file.count == 44 + pcm.count)
        #expect(WaveFile(parsing: file) == WaveFile(samplingRate: 44_100, pcm: pcm))
    }

    @Test func `unknown chunks are skipped`() throws {
        let pcm = PCM.encode([0.25])
        let plain = Array(WaveFile(samplingRate: 8000, pcm: pcm).encoded())
        let note: [UInt8] = Array("note".utf8) + [3, 0, 0, 0] + Array("abc".utf8) + [0]
        let file = plain[..<36] + note + plain[36...]
        #expect(WaveFile(parsing: Bytes(Array(file)))?.pcm == pcm)
    }

    @Test func `no cut or damaged file is taken, and none traps`() {
        let file = Array(WaveFile(samplingRate: 44_100, pcm: PCM.encode([0, 1, 0])).encoded())
        for end in 0..<file.count {
            #expect(WaveFile(parsing: Bytes(Array(file[..<end]))) == nil)
        }
        for position in [0, 8, 12, 20, 22, 34, 36] {
            var damaged = file
            damaged[position] ^= 0x55
            #expect(WaveFile(parsing: Bytes(damaged)) == nil)
        }
    }
}
