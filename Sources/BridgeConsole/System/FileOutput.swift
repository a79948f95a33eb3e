package import BridgeBytes
internal import Glibc

/// A file that is written piece by piece, and appears whole or not at all: into `PATH.partial`,
/// which gets the name at the end. What is no regular file, such as a pipe, is written into as it
/// stands.
///
/// The `unsafe` calls are sound: paths are strings that live as long as the call.
package struct FileOutput: ~Copyable {
    private let path: String
    /// What is written into, if it is not the path itself.
    private let partial: String?
    private let descriptor: Int32
    private var isFinished = false

    /// Runs what writes an output. What is no regular file may have no reader for ever: a task that
    /// is cancelled does not wait for it.
    package static func run<T: Sendable>(
        to path: String, _ body: @escaping @Sendable () throws(CommandFailure) -> T
    ) async throws(CommandFailure) -> T {
        guard FileBytes.isRegular(path) == false else { return try body() }
        return try await PatientCall.run("write", path, body)
    }

    /// Creates the file.
    package init(_ path: String) throws(CommandFailure) {
        self.path = path
        var status = stat()
        let stands = unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        partial = stands ? nil : path + ".partial"
        let flags = stands ? O_WRONLY : O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW
        descriptor = unsafe open(partial ?? path, flags | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            isFinished = true
            throw FileBytes.failure("create", path)
        }
    }

    /// Appends bytes.
    package func append(_ bytes: Bytes) throws(CommandFailure) {
        guard FileBytes.writeAll(bytes, to: descriptor) else {
            throw FileBytes.failure("write", path)
        }
    }

    /// Closes the file and gives it its name.
    package consuming func finish() throws(CommandFailure) {
        isFinished = true
        // Some file systems tell of a full disk no sooner.
        let isClosed = close(descriptor) == 0 || errno == EINTR
        let isNamed = isClosed && (partial.map { unsafe rename($0, path) == 0 } ?? true)
        guard isNamed else {
            let failure = FileBytes.failure("write", path)
            if let partial { _ = unsafe unlink(partial) }
            throw failure
        }
    }

    deinit {
        guard !isFinished else { return }
        close(descriptor)
        if let partial { _ = unsafe unlink(partial) }
    }
}
