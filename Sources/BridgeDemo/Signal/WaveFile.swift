package import BridgeBytes

/// A recording in a RIFF/WAVE file: 16-bit PCM, one channel.
///
/// ## Theory of operation
/// A WAVE file is a list of chunks (four letters, a little-endian size, the bytes, a pad byte when
/// the size is odd). The reader walks the list, checks each size against the bytes that are left,
/// takes `fmt ` and `data`, and skips what it does not know. It answers nil for anything but
/// 16-bit mono PCM: that is what the demo speaks.
package struct WaveFile: Sendable, Equatable {
    package let samplingRate: Int
    /// 16-bit little-endian samples.
    package let pcm: Bytes

    private static let headerCount = 44

    package init(samplingRate: Int, pcm: Bytes) {
        self.samplingRate = samplingRate
        self.pcm = pcm
    }

    /// The file's bytes. A recording is at most 4 GB, as the format says.
    package func encoded() -> Bytes {
        precondition(pcm.count <= Int(UInt32.max) - Self.headerCount, "a WAVE file is below 4 GB")
        var writer = ByteWriter(capacity: Self.headerCount + pcm.count)
        writer.append("RIFF")
        writer.append(littleEndian: UInt32(Self.headerCount - 8 + pcm.count))
        writer.append("WAVEfmt ")
        writer.append(littleEndian: UInt32(16))
        writer.append(littleEndian: UInt16(1))  // PCM
        writer.append(littleEndian: UInt16(1))  // one channel
        writer.append(littleEndian: UInt32(samplingRate))
        writer.append(littleEndian: UInt32(samplingRate * 2))
        writer.append(littleEndian: UInt16(2))  // bytes in a frame
        writer.append(littleEndian: UInt16(16))  // bits in a sample
        writer.append("data")
        writer.append(littleEndian: UInt32(pcm.count))
        writer.append(pcm)
        return writer.finish()
    }

    /// Reads a file; nil when it is not a whole 16-bit mono WAVE file.
    package init?(parsing file: Bytes) {
        guard Self.tag(file, 0) == "RIFF", Self.tag(file, 8) == "WAVE" else { return nil }
        var position = 12
        var rate: Int?
        while let name = Self.tag(file, position), let size = Self.number(file, position + 4, 4) {
            let start = position + 8
            guard size <= file.count - start else { return nil }
            if name == "fmt " {
                guard size >= 16, Self.number(file, start, 2) == 1,
                    Self.number(file, start + 2, 2) == 1, Self.number(file, start + 14, 2) == 16
                else { return nil }
                rate = Self.number(file, start + 4, 4)
            } else if name == "data" {
                guard let rate, rate > 0 else { return nil }
                self.init(samplingRate: rate, pcm: file[start..<start + size])
                return
            }
            position = start + size + size % 2
        }
        return nil
    }

    private static func tag(_ file: Bytes, _ position: Int) -> String? {
        guard position <= file.count - 4 else { return nil }
        return String(repairing: file[position..<position + 4])
    }

    private static func number(_ file: Bytes, _ position: Int, _ size: Int) -> Int? {
        guard position <= file.count - size else { return nil }
        return (0..<size).reduce(0) { $0 | Int(file[position + $1]) << (8 * $1) }
    }
}
