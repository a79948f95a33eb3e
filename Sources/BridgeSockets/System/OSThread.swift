internal import BridgeBytes
internal import CLinux
internal import Glibc

/// Threads of our own: the reactor's and those that wait in blocking calls.
package enum OSThread {
    /// Names the calling thread for as long as it runs.
    static var current: UInt { UInt(pthread_self()) }

    /// What a thread is to do.
    final class Work: Sendable {
        private let name: String
        private let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }

        /// Does it on the calling thread.
        func run() {
            unsafe pthread_setname_np(pthread_self(), String(name.prefix(15)))
            body()
        }
    }

    /// Has a detached thread do something: one that has just done another thing, or a new one.
    /// `name` is shown by the system's tools, cut to 15 bytes.
    package static func start(
        name: String, _ body: @escaping @Sendable () -> Void
    ) throws(SocketError) {
        let work = Work(name: name, body: body)
        if IdleThreads.shared.give(work) { return }
        // Sound: one retain here is balanced by `takeRetainedValue` on the new thread, or by the
        // release below when there is no new thread.
        let box = unsafe Unmanaged.passRetained(work)
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                SystemCalls.blockBrokenPipeSignal()
                var next: Work? = unsafe Unmanaged.fromOpaque(argument).takeRetainedValue()
                while next != nil {
                    // Nothing of it is kept while there is no more to do.
                    next.take()?.run()
                    next = IdleThreads.shared.wait()
                }
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            unsafe box.release()
            throw SocketError("pthread_create", errno: status, subject: name)
        }
        pthread_detach(thread)
    }
}
