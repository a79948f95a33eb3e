internal import Glibc

/// Why a file could not be mapped or written.
public struct FileError: CodedError, Hashable {
    /// The system call that failed, such as `open`.
    public let call: String
    /// Its error number, such as `ENOENT`.
    public let number: Int32
    /// The file.
    public let path: String

    /// The kind of failure that the error number stands for.
    public var code: ErrorCode { ErrorCode(errno: number) }
    /// The system call.
    public var stageName: String { call }
    /// The file.
    public var place: String { path }
    /// The system's words for the error number.
    public var detail: String {
        unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    }
}

extension Bytes {
    /// Gives the pages of a mapped file, all of it, back to the page cache until they are touched
    /// again: for whoever goes through a large file once. Other bytes stay as they are.
    package func releasePages() { region?.releasePages() }

    /// The content of a file as it is now, without reading it: pages come in when they are
    /// touched, and belong to the page cache rather than to the process.
    ///
    /// The file must not be shortened while the bytes are in use, since touching what is gone ends
    /// the process with SIGBUS; replacing it by renaming another over it is fine. A file that
    /// others may cut is better read.
    /// - Throws: `FileError` with what `open`, `fstat` or `mmap` says: `fileNotFound`,
    ///   `permissionDenied`, `limitExceeded`, or `systemError`, such as `ENODEV` for what is no
    ///   regular file, a pipe perhaps.
    /// - Complexity: O(1). Blocks as opening a file does.
    public init(mappingFile path: String) throws(FileError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw FileError(call: "open", number: errno, path: path)
        }
        // The mapping keeps the file.
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw FileError(call: "fstat", number: errno, path: path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileError(call: "mmap", number: ENODEV, path: path)
        }
        let count = Int(status.st_size)
        guard count > 0 else {
            self.init()
            return
        }
        let address = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else {
            throw FileError(call: "mmap", number: errno, path: path)
        }
        // Sound: the mapping is ours, and as it is covered by a `Bytes` at once nobody writes it.
        self.init(unsafe ByteRegion(mapping: address, count: count), 0..<count)
    }
}
