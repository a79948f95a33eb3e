internal import BridgeBytes
internal import CLinux
internal import Glibc

/// Threads of our own: the reactor's and those that wait in blocking calls.
package enum OSThread {
    /// Names the calling thread for as long as it runs.
    static var current: UInt { UInt(pthread_self()) }

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts a detached thread. `name` is shown by the system's tools, cut to 15 bytes.
    package static func start(
        name: String, _ body: @escaping @Sendable () -> Void
    ) throws(SocketError) {
        let start = Start(name: name, body: body)
        // Sound: one retain here is balanced by `takeRetainedValue` on the new thread, or by the
        // release below when there is no new thread.
        let box = unsafe Unmanaged.passRetained(start)
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                unsafe pthread_setname_np(pthread_self(), String(start.name.prefix(15)))
                SystemCalls.blockBrokenPipeSignal()
                start.body()
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            unsafe box.release()
            throw SocketError("pthread_create", errno: status, subject: name)
        }
        pthread_detach(thread)
    }
}
