internal import BridgeBytes
internal import Glibc

extension PEMSource {
    /// Most bytes of a source: every authority that a system trusts has a quarter of that.
    static let largest = 1 << 20

    /// The text. Whoever reads a key wipes it.
    /// - Throws: `TLSError` with `configuration` and the path.
    func read() throws(TLSError) -> [UInt8] {
        switch self {
        case .memory(let bytes): return [UInt8](bytes)
        case .file(let path): return try Self.read(path)
        }
    }

    private static func read(_ path: String) throws(TLSError) -> [UInt8] {
        func failed(_ words: String) -> TLSError {
            TLSError(.configuration, .configure, place: path, words)
        }
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else { throw failed(systemWords(errno)) }
        defer { close(number) }
        var bytes = [UInt8](repeating: 0, count: largest + 1)
        var count = 0
        while count < bytes.count {
            // Sound: the system writes inside the rest of the array.
            let read = unsafe bytes.withUnsafeMutableBytes {
                unsafe Glibc.read(
                    number, $0.baseAddress.map { unsafe $0 + count }, $0.count - count)
            }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw failed(systemWords(errno)) }
            if read == 0 { break }
            count += read
        }
        guard count <= largest else { throw failed("it has more than \(largest) bytes") }
        defer { bytes.wipe() }
        return Array(bytes[..<count])
    }

    private static func systemWords(_ number: Int32) -> String {
        // Sound: the text is copied before this thread asks again.
        unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    }
}

/// What tells that a file was replaced or changed.
struct FileStamp: Hashable {
    private let device: UInt
    private let number: UInt
    private let size: Int
    private let seconds: Int
    private let nanoseconds: Int

    /// Nil when there is no such file, or it may not be looked at.
    init?(_ path: String) {
        var status = stat()
        // Sound: the system fills the value.
        guard unsafe stat(path, &status) == 0 else { return nil }
        device = status.st_dev
        number = status.st_ino
        size = status.st_size
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}

extension PEMSource {
    /// The path, where it is a file.
    var path: String? {
        if case .file(let path) = self { path } else { nil }
    }
}
