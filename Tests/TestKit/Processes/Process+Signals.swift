import Foundation

extension Process {
    /// Runs the process with no signal blocked.
    ///
    /// A child inherits the signal mask of the thread that starts it, and the threads of Swift's
    /// pool block nearly all signals: a shell started from one never notices that its child
    /// has ended.
    func runWithOpenSignals() throws {
        var none = sigset_t()
        var saved = sigset_t()
        // Sound: the sets are locals, and the calls only read and write them.
        unsafe sigemptyset(&none)
        unsafe pthread_sigmask(SIG_SETMASK, &none, &saved)
        defer { unsafe _ = pthread_sigmask(SIG_SETMASK, &saved, nil) }
        try run()
    }
}
