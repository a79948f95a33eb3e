internal import Glibc

/// The mean amplitude spectrum of a recording, and the tones that stand out in it.
///
/// The recording is cut into blocks that overlap by half, each weighted with a Hann window, and
/// the powers of all blocks are averaged (Welch's method): a tone of amplitude A shows as A,
/// whatever the length of the recording.
package struct Spectrum: Sendable {
    /// Samples in a block; at 44.1 kHz one bin is 5.4 Hz wide.
    package static let blockCount = 8192

    /// Distance between two bins in hertz.
    package let resolution: Double
    /// Amplitude of each bin from 0 Hz up to half the sampling rate; full scale is 1.
    package let amplitudes: [Double]

    /// A pure tone found in a recording.
    package struct Tone: Sendable, Equatable {
        package let frequency: Double
        package let amplitude: Double

        package init(frequency: Double, amplitude: Double) {
            self.frequency = frequency
            self.amplitude = amplitude
        }
    }

    /// Analyses samples in −1…1. A recording shorter than a block is filled up with silence.
    package init(of samples: [Float], samplingRate: Int) {
        precondition(samplingRate > 0, "a recording has a sampling rate")
        let count = Self.blockCount
        resolution = Double(samplingRate) / Double(count)
        let window = (0..<count).map { 0.5 - 0.5 * cos(2 * Double.pi * Double($0) / Double(count)) }
        let transform = FourierTransform(count: count)
        var powers = [Double](repeating: 0, count: count / 2 + 1)
        var start = 0
        var blocks = 0
        repeat {
            var real = [Double](repeating: 0, count: count)
            var imaginary = real
            for i in 0..<min(count, samples.count - start) {
                real[i] = Double(samples[start + i]) * window[i]
            }
            transform.transform(real: &real, imaginary: &imaginary)
            for k in powers.indices {
                powers[k] += real[k] * real[k] + imaginary[k] * imaginary[k]
            }
            blocks += 1
            start += count / 2
        } while start + count <= samples.count
        // A tone of amplitude A in the middle of a bin gives A · Σ window / 2 = A · count / 4.
        let scale = 4 / Double(count)
        amplitudes = powers.map { ($0 / Double(blocks)).squareRoot() * scale }
    }

    /// The frequency in the middle of a bin.
    package func frequency(ofBin bin: Int) -> Double { Double(bin) * resolution }

    /// Tones above an amplitude, loudest first, at most `limit`. The frequency is refined between
    /// bins by a parabola through the logarithms of three neighbours.
    package func tones(above floor: Double, limit: Int = 16) -> [Tone] {
        guard amplitudes.count > 2 else { return [] }
        var tones: [Tone] = []
        for k in 1..<amplitudes.count - 1 {
            let (left, middle, right) = (amplitudes[k - 1], amplitudes[k], amplitudes[k + 1])
            guard middle > floor, middle > left, middle >= right else { continue }
            let (a, b, c) = (log(max(left, 1e-12)), log(middle), log(max(right, 1e-12)))
            let offset = (a - c) / (2 * (a - 2 * b + c))
            let peak = exp(b - (a - c) * offset / 4)
            tones.append(
                Tone(frequency: (Double(k) + offset) * resolution, amplitude: peak))
        }
        return Array(tones.sorted { $0.amplitude > $1.amplitude }.prefix(limit))
    }
}
