internal import Glibc

/// The discrete Fourier transform of a power-of-two number of samples.
///
/// ## Theory of operation
/// The iterative radix-2 algorithm of Cooley and Tukey, decimation in time: samples are put in
/// bit-reversed order, then log₂ n passes combine transforms of half the size with one complex
/// product ("butterfly") each. The n/2 roots of unity are computed once, when the transform is
/// made, so that one value serves every block of a recording. O(n log n) time, in place.
package struct FourierTransform: Sendable {
    /// Number of samples, a power of two.
    package let count: Int
    private let cosines: [Double]
    private let sines: [Double]

    package init(count: Int) {
        precondition(count > 0 && count & (count - 1) == 0, "the size is a power of two")
        self.count = count
        let angles = (0..<count / 2).map { -2 * Double.pi * Double($0) / Double(count) }
        cosines = angles.map { cos($0) }
        sines = angles.map { sin($0) }
    }

    /// Replaces the samples by their transform: X[k] = Σ x[n]·exp(−2πi·k·n/count).
    package func transform(real: inout [Double], imaginary: inout [Double]) {
        precondition(real.count == count && imaginary.count == count, "one block of samples")
        reorder(&real)
        reorder(&imaginary)
        var half = 1
        while half < count {
            combine(&real, &imaginary, half: half)
            half *= 2
        }
    }

    private func combine(_ real: inout [Double], _ imaginary: inout [Double], half: Int) {
        let stride = count / (2 * half)
        var start = 0
        while start < count {
            for k in 0..<half {
                let (c, s) = (cosines[k * stride], sines[k * stride])
                let (low, high) = (start + k, start + k + half)
                let productReal = real[high] * c - imaginary[high] * s
                let productImaginary = real[high] * s + imaginary[high] * c
                real[high] = real[low] - productReal
                imaginary[high] = imaginary[low] - productImaginary
                real[low] += productReal
                imaginary[low] += productImaginary
            }
            start += 2 * half
        }
    }

    private func reorder(_ values: inout [Double]) {
        var reversed = 0
        for i in 1..<max(count, 1) {
            var bit = count >> 1
            while reversed & bit != 0 {
                reversed ^= bit
                bit >>= 1
            }
            reversed |= bit
            if i < reversed { values.swapAt(i, reversed) }
        }
    }
}
