import Synchronization
import TestKit

/// Turned on and off by one task, looked at by others.
final class SoakSwitch: Sendable {
    private let value = Atomic(false)

    var isOn: Bool { value.load(ordering: .acquiring) }
    func turnOn() { value.store(true, ordering: .releasing) }
    func turnOff() { value.store(false, ordering: .releasing) }

    /// Suspends while it is on.
    func whenOff() async {
        while isOn, !Task.isCancelled { await Pace.pause(.milliseconds(20)) }
    }
}

/// The time of a run, from its start.
struct SoakClock: Sendable {
    private let start = ContinuousClock.now

    var now: Duration { ContinuousClock.now - start }
}
