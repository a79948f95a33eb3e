import Synchronization

/// Whether something is so at the moment; set by a test, read by a judge of system calls.
final class Flag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .sequentiallyConsistent) }

    func set(_ isSet: Bool) { value.store(isSet, ordering: .sequentiallyConsistent) }
}
