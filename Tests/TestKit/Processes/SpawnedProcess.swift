package import Foundation
import Synchronization

/// A program that a test starts. Of what this process has open it gets its three standard
/// descriptors and nothing else, and no signal is blocked or ignored in it.
///
/// Foundation's `Process` learns of an end by a socket that any child started at the same moment
/// may inherit: then the end is seen when that child ends too, or never, if that one is waited for
/// by the same test. Its pipes have the same fault. So all that tests start is started here.
package final class SpawnedProcess: Sendable {
    /// Held while a pipe is made, which other children could inherit until it is marked, and while
    /// a child is.
    private static let lock = Mutex(())

    /// A pipe whose ends go into no child that they are not given to.
    package static func pipe() -> Pipe {
        lock.withLock { _ in
            let pipe = Pipe()
            for end in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
                _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
            }
            return pipe
        }
    }

    package let id: Int32
    private let ending: Task<Int32, Never>

    /// - Parameters:
    ///   - environment: Nil: the environment of this process.
    ///   - folder: Where it starts. Nil: where this process is.
    ///   - input: The standard input; nil is empty.
    ///   - output: The standard output. Nil: this process's own, as for `errors`.
    package init(
        _ executable: String, _ arguments: [String], environment: [String: String]? = nil,
        in folder: String? = nil, input: FileHandle? = nil, output: FileHandle? = nil,
        errors: FileHandle? = nil
    ) throws {
        var id: Int32 = 0
        let variables = environment ?? ProcessInfo.processInfo.environment
        // A shell changes the folder: the call that does is hidden from Swift.
        let change = ["/bin/sh", "-c", #"cd "$0" && exec "$@""#]
        let words = (folder.map { change + [$0] } ?? []) + [executable] + arguments
        let standard = [input, output, errors].map { $0?.fileDescriptor }
        let failure = Self.lock.withLock { _ in
            Self.spawn(words, variables.map { "\($0)=\($1)" }, standard, &id)
        }
        guard failure == 0 else {
            throw FixtureError("\(executable): \(unsafe String(cString: strerror(failure)))")
        }
        self.id = id
        ending = Task.detached { [id] in await onThread { Self.wait(for: id) } }
    }

    /// Waits until it has ended: the exit code, or the number of the signal that ended it.
    @discardableResult
    package func end() async -> Int32 { await ending.value }

    /// Sends a signal to it.
    package func signal(_ number: Int32) { _ = kill(id, number) }

    private static func wait(for id: pid_t) -> Int32 {
        var status: Int32 = 0
        // Sound: the call writes one number into a local.
        while unsafe waitpid(id, &status, 0) < 0 {
            if errno != EINTR { return -1 }
        }
        let signal = status & 0x7f
        return signal == 0 ? status >> 8 & 0xff : signal
    }

    /// `posix_spawn`; 0 or an error number. What is open here and not named stays here.
    ///
    /// Sound: the call reads what the pointers name before it returns; the structures are locals
    /// that were initialised by their own functions, and both arrays end with a null pointer.
    private static func spawn(
        _ words: [String], _ variables: [String], _ standard: [Int32?],
        _ id: inout pid_t
    ) -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in zip(Int32(0)..., standard) {
            if let descriptor {
                unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, number)
            } else if number == 0 {
                unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            }
        }
        // One that is closed meanwhile is no error.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for open in names.compactMap({ Int32($0) }) where open > 2 {
            unsafe posix_spawn_file_actions_addclose(&actions, open)
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        var environment = unsafe variables.map { unsafe strdup($0) } + [nil]
        defer {
            for index in unsafe arguments.indices { unsafe free(arguments[index]) }
            for index in unsafe environment.indices { unsafe free(environment[index]) }
        }
        return unsafe posix_spawn(
            &id, words[0], &actions, &attributes, &arguments, &environment)
    }
}
