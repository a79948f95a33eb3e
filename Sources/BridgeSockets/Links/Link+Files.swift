internal import BridgeBytes
internal import CLinux
internal import Glibc

extension Link {
    /// Sends part of a file straight from the page cache, as much as fits now, once.
    ///
    /// `.ended` means that the file is shorter than was asked for.
    package func write(_ file: OpenFile, from position: Int, count: Int) -> Transfer {
        if let conversion { return write(file, from: position, count: count, conversion) }
        var offset = position
        return SystemCalls.transfer(
            "sendfile",
            calls.retried(.sendfile, count, on: descriptorNumber) {
                unsafe sendfile(descriptorNumber, file.number, &offset, $0)
            })
    }

    /// The kernel cannot send what is yet to be transformed: it is read here, a piece at a time.
    private func write(
        _ file: OpenFile, from position: Int, count: Int, _ conversion: LinkConversion
    ) -> Transfer {
        var failure: SocketError?
        var isShort = false
        let transfer = write(conversion) { skip, take in
            var done = skip
            while done < count, failure == nil, !isShort {
                let size = min(count - done, LinkConversion.pieceSize)
                do throws(SocketError) {
                    let piece = try file.read(at: position + done, limit: size)
                    isShort = piece.count < size
                    done += piece.count
                    guard !piece.isEmpty, take(piece.span) else { return }
                } catch {
                    failure = error
                }
            }
        }
        if case .moved(let moved) = transfer, moved > 0 { return transfer }
        return failure.map { .failed($0) } ?? (isShort ? .ended : transfer)
    }
}
