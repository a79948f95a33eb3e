internal import BridgeBytes
internal import Glibc
internal import Synchronization

/// The standard output, which may fail like any other file: a full disk, a reader that has gone.
///
/// ## Theory of operation
/// The first write that fails is kept and ends the command: the rest of the output could only be
/// a part that looks whole. Whatever is written afterwards goes nowhere. At the end `finish`
/// closes the descriptor, since some file systems tell of a full disk no sooner, and says what
/// went wrong.
///
/// Often both standard outputs are one pipe or terminal (`2>&1`), which takes a long line in
/// pieces. So `writeLine` lets one writer finish before the next begins, to either of them; apart,
/// neither waits for the other.
///
/// The `unsafe` calls are sound: they get the address of a local, for the time of the call.
package enum StandardOutput {
    private static let descriptor: Int32 = 1

    /// What a command has done.
    private struct Deed {
        let sentence: String
        let outcome: String
    }

    private struct State {
        /// The error number of the first write that failed.
        var failure: Int32?
        var hasWritten = false
        /// Ends the command when a write fails.
        var cancel: (@Sendable () -> Void)?
    }

    private static let state = Mutex(State())
    /// What the command has done, which a failed output must not hide. Apart from `state`: with it
    /// in there the optimised program (Swift 6.3.1) begins with an error number that nobody wrote.
    private static let deed = Mutex<Deed?>(nil)
    /// Whether both standard outputs are the same file.
    private static let isShared: Bool = {
        var (output, errors) = (stat(), stat())
        guard unsafe fstat(1, &output) == 0, unsafe fstat(2, &errors) == 0 else { return false }
        return output.st_dev == errors.st_dev && output.st_ino == errors.st_ino
    }()

    /// Held while something is written whole.
    private static let writing = Mutex(OpenLine())

    /// Writes all bytes to the standard output or the standard error, with nothing of the other
    /// between them; false leaves the reason in `errno`. Where both are one, what is for the
    /// standard error waits while a line is open.
    static func writeLine(_ bytes: Bytes, to descriptor: Int32) -> Bool {
        guard isShared else { return FileBytes.writeAll(bytes, to: descriptor) }
        return writing.withLock { line in
            if line.isOpen, descriptor != Self.descriptor {
                line.hold(bytes)
                return true
            }
            return FileBytes.writeAll(bytes, to: descriptor)
        }
    }

    /// Writes a piece of a line. Remarks that come before the line has ended are written after it.
    static func writePiece(_ bytes: Bytes, endsLine: Bool) {
        guard isShared else { return write(bytes) }
        let isUsable = state.withLock { state in
            state.hasWritten = true
            return state.failure == nil
        }
        let failure = writing.withLock { line -> Int32? in
            line.open()
            let isWritten = !isUsable || FileBytes.writeAll(bytes, to: descriptor)
            let number = errno
            if endsLine { end(&line) }
            return isWritten ? nil : number
        }
        if let failure { note(failure) }
    }

    /// Ends a line that will not be continued, and writes what waited for its end.
    static func endLine() { writing.withLock { end(&$0) } }

    private static func end(_ line: inout OpenLine) {
        for remark in line.end() { _ = FileBytes.writeAll(remark, to: 2) }
    }

    /// Whether a write has failed.
    static var hasFailed: Bool { state.withLock { $0.failure != nil } }

    /// Sets what ends the command when a write fails.
    static func onFailure(_ cancel: @escaping @Sendable () -> Void) {
        let failed = state.withLock { state in
            state.cancel = cancel
            return state.failure != nil
        }
        if failed { cancel() }
    }

    /// Notes what the command has done before it prints that.
    static func noteDone(_ sentence: String, outcome: String) {
        deed.withLock { $0 = Deed(sentence: sentence, outcome: outcome) }
    }

    /// Makes sure that the three standard descriptors are open, so that no socket or file of ours
    /// takes the number of one that our parent had closed. Reading from or writing to such a one
    /// fails, as it would have.
    package static func reserveDescriptors() {
        for (number, mode) in [(0, O_WRONLY), (1, O_RDONLY), (2, O_WRONLY)] as [(Int32, Int32)]
        where fcntl(number, F_GETFD) < 0 {
            // Descriptors are given out from the lowest, so that this one gets the number.
            _ = unsafe open("/dev/null", mode)
        }
    }

    /// Writes all bytes, or notes why that is not possible.
    static func write(_ bytes: Bytes) {
        let isUsable = state.withLock { state in
            if !bytes.isEmpty { state.hasWritten = true }
            return state.failure == nil
        }
        if isUsable, !writeLine(bytes, to: descriptor) { note(errno) }
    }

    private static func note(_ number: Int32) {
        let cancel = state.withLock { state in
            if state.failure == nil { state.failure = number }
            return state.cancel
        }
        cancel?()
    }

    /// What the output holds at the end.
    package enum End {
        /// Everything that was printed.
        case whole
        /// What its reader took before it went away; it wants no more, and nobody needs to be
        /// told, unless something was done that the output would have said.
        case readerGone
        /// Less than was printed.
        case failed(CommandFailure)
    }

    /// Closes the output.
    package static func finish() -> End {
        endLine()
        let hasWritten = state.withLock { $0.hasWritten }
        if close(descriptor) != 0, hasWritten, errno != EINTR { note(errno) }
        let done = deed.withLock { $0 }
        guard let number = state.withLock({ $0.failure }) else { return .whole }
        if number == EPIPE, done == nil { return .readerGone }
        let reason = unsafe String(cString: strerror(number)).lowercased()
        var failure = CommandFailure(
            .other, code: .outputFailed, stage: "write", target: "standard output",
            detail: reason)
        if let done {
            failure.detail += "; \(done.sentence)"
            failure.outcome = done.outcome
        }
        return .failed(failure)
    }
}
