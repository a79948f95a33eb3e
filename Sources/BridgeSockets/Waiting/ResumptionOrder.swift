internal import Synchronization

/// The order between a thread that resumes continuations and the tasks that go on, spelled out.
///
/// The runtime orders them by itself. The thread sanitizer is told of it only where the task was
/// already suspended: resuming announces what came before, running a job takes it over, and a
/// task that finds its continuation resumed before it has begun to wait takes nothing over, since
/// the runtime's own atomics are not instrumented. Whatever such a value points at would then look
/// like a race. One atomic addition for each resumption, one load for each wait.
package struct ResumptionOrder: ~Copyable, Sendable {
    private let resumptions = Atomic(0)

    package init() {}

    /// Call before a continuation is resumed with memory that this thread wrote.
    package func willResume() { resumptions.add(1, ordering: .releasing) }

    /// Call once the task goes on, before it looks at what it was given.
    package func didResume() { _ = resumptions.load(ordering: .acquiring) }
}
