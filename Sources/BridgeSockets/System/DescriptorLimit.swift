internal import Glibc

/// How many descriptors this process may have open at a time.
package enum DescriptorLimit {
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

    /// The limit now; `Int.max` when there is none.
    package static var current: Int {
        var limit = rlimit()
        guard unsafe getrlimit(resource, &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }

    /// Raises the limit as far as the system lets this process, and returns it.
    @discardableResult
    package static func raise() -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(resource, &limit) == 0 else { return current }
        limit.rlim_cur = limit.rlim_max
        unsafe _ = setrlimit(resource, &limit)
        return current
    }
}
