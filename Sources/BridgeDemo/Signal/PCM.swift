package import BridgeBytes
internal import Glibc

/// Samples of 16 bits, little-endian, one channel: how the demo's recordings travel.
package enum PCM {
    /// A sum of tones. Full scale is ±1; the sum of the amplitudes stays below it.
    package static func samples(
        tones: [Spectrum.Tone], samplingRate: Int, count: Int
    ) -> [Float] {
        precondition(tones.reduce(0) { $0 + $1.amplitude } <= 1, "louder than full scale")
        var sums = [Float](repeating: 0, count: count)
        for tone in tones {
            // A rotating phasor instead of one sine for each sample: two products and two sums.
            let step = 2 * Double.pi * tone.frequency / Double(samplingRate)
            let (cosine, sine) = (cos(step), Glibc.sin(step))
            var (x, y) = (1.0, 0.0)
            for i in sums.indices {
                sums[i] += Float(tone.amplitude * y)
                (x, y) = (x * cosine - y * sine, x * sine + y * cosine)
            }
        }
        return sums
    }

    /// Samples in −1…1 as 16-bit numbers; louder ones are clipped.
    package static func encode(_ samples: [Float]) -> Bytes {
        var writer = ByteWriter(capacity: samples.count * 2)
        append(samples, to: &writer)
        return writer.finish()
    }

    package static func append(_ samples: [Float], to writer: inout ByteWriter) {
        for sample in samples {
            let scaled = (min(max(sample, -1), 1) * 32_767).rounded()
            writer.append(littleEndian: Int16(scaled))
        }
    }

    /// 16-bit numbers as samples in −1…1; an odd last byte is left out.
    package static func decode(_ bytes: Bytes) -> [Float] {
        let span = bytes.span
        var samples: [Float] = []
        samples.reserveCapacity(span.count / 2)
        for i in 0..<span.count / 2 {
            let bits = UInt16(span[2 * i]) | UInt16(span[2 * i + 1]) << 8
            samples.append(Float(Int16(bitPattern: bits)) / 32_767)
        }
        return samples
    }
}
