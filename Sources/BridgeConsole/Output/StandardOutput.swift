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
/// One writer finishes its line before the next begins (`OutputTurn`), and where both standard
/// outputs are one pipe or terminal (`2>&1`), that holds for both of them.
///
/// A command that is to end, by a signal or its time, finishes the line that it is printing if its
/// reader takes it: within `lineGrace`, and if no more than `longestRest` of it is left. Else the
/// line is ended where it is, and the output has failed; where not even that can be written, what
/// was to be printed behind it is not.
///
/// The `unsafe` calls are sound: they get the address of a local, for the time of the call.
package enum StandardOutput {
    private static let descriptor: Int32 = 1

    /// What a command has done.
    struct Deed: Sendable {
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

    /// How long a reader may take for the end of a line when the command is to end.
    package static let lineGrace = Duration.seconds(5)
    /// How many bytes a command that is to end prints at most.
    package static let longestRest = 8 << 20

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

    private static let turn = OutputTurn()
    private static let ending = OutputEnding(within: lineGrace, longestRest: longestRest)

    /// Writes all bytes to the standard error, where both outputs are one with nothing of the other
    /// between them; what comes while a line is open is written behind it.
    /// - Returns: False when it cannot be written; `errno` has the reason.
    static func writeError(_ bytes: Bytes) -> Bool {
        guard isShared else { return FileBytes.writeAll(bytes, to: 2) }
        if turn.hold(bytes) { return true }
        guard turn.take(within: ending.patience) else { return true }
        defer { turn.give() }
        return FileBytes.writeAll(bytes, to: 2)
    }

    /// Writes a piece of a line. Remarks that come before the line has ended are written after it.
    /// - Parameter isWanted: Whether the command goes on; if not, the line is finished all the
    ///   same where that is soon done.
    /// - Returns: Whether more of the line is of use.
    static func writePiece(_ bytes: Bytes, endsLine: Bool, isWanted: Bool) -> Bool {
        guard !ending.skips(endsLine: endsLine) else { return false }
        let goesOn = isWanted || ending.mayPrint(bytes.count)
        let isUsable = state.withLock { state in
            state.hasWritten = true
            return state.failure == nil
        }
        if !turn.isOpen {
            guard isUsable else { return false }
            guard goesOn, turn.take(within: ending.patience) else {
                ending.cut(!endsLine)
                return false
            }
            _ = turn.open()
        }
        guard goesOn, isUsable else {
            endLine(isUsable ? Bytes(utf8: "\n") : Bytes())
            ending.cut(!endsLine)
            return false
        }
        let failure = FileBytes.writeAll(bytes, to: descriptor) ? nil : errno
        if endsLine { endLine() }
        if let failure { note(failure) }
        return failure == nil
    }

    /// Ends the line that came in pieces.
    private static func endLine(_ last: Bytes = Bytes()) {
        if !last.isEmpty { _ = FileBytes.writeAll(last, to: descriptor) }
        let remarks = turn.close()
        for remark in remarks { _ = FileBytes.writeAll(remark, to: 2) }
        turn.give()
    }

    /// Notes that the command is to end.
    static func noteEnding() { ending.begin() }

    /// Whether a write has failed.
    static var hasFailed: Bool { state.withLock { $0.failure != nil } }

    /// Whether the reader has gone, and nothing was done that it should have heard of.
    static var readerHasGone: Bool {
        state.withLock { $0.failure == EPIPE } && deed.withLock { $0 == nil }
    }

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

    /// What the command has noted of what it has done.
    static var deedDone: Deed? { deed.withLock { $0 } }

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
        guard isUsable else { return }
        guard turn.take(within: ending.patience) else { return ending.cut(false) }
        let failure = FileBytes.writeAll(bytes, to: descriptor) ? nil : errno
        turn.give()
        if let failure { note(failure) }
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
        /// Less than was printed, since the command had to end before its reader took the rest.
        case cut(CommandFailure)
    }

    /// How long whoever is writing at the end has for that.
    private static let lastPatience = Duration.seconds(5)

    /// Closes the output.
    package static func finish() -> End {
        if turn.isOpen {
            // Whoever printed the line has left it, or is left behind by the command.
            ending.cut(false)
        }
        // A remark of another thread may be half written: that is no end before its time.
        let isLeft = turn.isOpen || !turn.take(within: ending.patience ?? lastPatience)
        if !isLeft { turn.give() }
        let hasWritten = state.withLock { $0.hasWritten }
        if close(descriptor) != 0, hasWritten, errno != EINTR { note(errno) }
        let done = deed.withLock { $0 }
        let number = state.withLock { $0.failure }
        guard number != nil || ending.isCut || isLeft else { return .whole }
        if number == EPIPE, done == nil { return .readerGone }
        // Sound: the system's text is copied before the next call.
        let reason =
            number.map { unsafe String(cString: strerror($0)).lowercased() }
            ?? "the end came before its reader had taken all of it"
        var failure = CommandFailure(
            .other, code: .outputFailed, stage: "write", target: "standard output",
            detail: reason)
        if let done {
            failure.detail += "; \(done.sentence)"
            failure.outcome = done.outcome
        }
        return number == nil ? .cut(failure) : .failed(failure)
    }
}
