internal import BridgeBytes
internal import BridgeSockets
internal import Glibc

extension StartedProgram {
    /// `posix_spawn` with our descriptors in place; 0 or an error number.
    ///
    /// Sound: the call reads what the pointers name before it returns; the structures are locals
    /// that were initialised by their own functions, and both arrays end with a null pointer.
    static func spawn(
        _ path: String, _ arguments: [String], _ pipe: Int32, _ capture: Capture,
        _ processID: inout pid_t
    ) -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, pipe, capture.rawValue)
        if capture == .errors {
            unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        }
        // Whatever else this process has open stays here; what is closed meanwhile is no error.
        let names = (try? FileSystem().names(in: "/proc/self/fd")) ?? []
        for open in names.compactMap({ Int32($0) })
        where open > 2 && open != pipe {
            unsafe posix_spawn_file_actions_addclose(&actions, open)
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // A process group of its own: Ctrl-C on the terminal reaches the demo alone, which then
        // stops its children in order. Ignored signals go back to their defaults.
        var defaults = sigset_t()
        unsafe sigemptyset(&defaults)
        for signal in [SIGINT, SIGTERM, SIGPIPE] { unsafe sigaddset(&defaults, signal) }
        unsafe posix_spawnattr_setsigdefault(&attributes, &defaults)
        // The threads of Swift's pool block most signals, and a child inherits the mask.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))

        var words = unsafe cStrings([path] + arguments)
        var variables = unsafe cStrings(environment())
        defer {
            for index in unsafe words.indices { unsafe free(words[index]) }
            for index in unsafe variables.indices { unsafe free(variables[index]) }
        }
        return unsafe posix_spawn(
            &processID, path, &actions, &attributes, &words, &variables)
    }

    /// A null-terminated array of C strings, which the caller frees.
    @unsafe private static func cStrings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        unsafe texts.map { unsafe strdup($0) } + [nil]
    }

    /// This process's environment, as it was started.
    private static func environment() -> [String] {
        guard let bytes = try? FileBytes.contents(of: "/proc/self/environ") else { return [] }
        return String(repairing: bytes).split(separator: "\0").map(String.init)
    }
}
