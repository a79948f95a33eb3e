import Glibc

/// What the process has done so far, as the library of `counters.c` counts it.
struct WorkCounters {
    /// Something that is counted.
    enum Kind: String, CaseIterable {
        /// Calls that take memory from the heap.
        case allocations
        /// System calls that move bytes, wait, or watch a descriptor.
        case calls
        /// Waits in epoll that ended.
        case wakeUps = "wake-ups"
        /// Times that a thread gave its processor away.
        case sleeps
        /// Instructions in user mode.
        case instructions
    }

    private let values: [UInt64]

    /// Nil where the program was not started with the library.
    static var now: WorkCounters? {
        guard let function = unsafe function else { return nil }
        var values = [UInt64](repeating: 0, count: Kind.allCases.count)
        // Sound: the library fills in as many numbers as there are kinds.
        unsafe values.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { unsafe function(base) }
        }
        return WorkCounters(values: values)
    }

    private typealias Function = @convention(c) (UnsafeMutablePointer<UInt64>) -> Void

    private static let function: Function? = {
        guard let symbol = unsafe dlsym(nil, "benchmark_counters") else { return nil }
        // Sound: that is how the library declares it.
        return unsafe unsafeBitCast(symbol, to: Function.self)
    }()

    /// How many since an earlier look, per unit; nil for what the machine does not count.
    func each(_ kind: Kind, since earlier: WorkCounters, units: Int) -> Double? {
        guard let index = Kind.allCases.firstIndex(of: kind), values[index] != .max else {
            return nil
        }
        return Double(values[index] - earlier.values[index]) / Double(units)
    }
}
