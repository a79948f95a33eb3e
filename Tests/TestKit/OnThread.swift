import Foundation

/// Runs what blocks on a thread of its own, and suspends the calling task meanwhile.
///
/// Swift's pool has as many threads as the machine has processors: two tasks that block there, on a
/// small machine, stop every other test, and with it what they wait for.
package func onThread<Result: Sendable>(
    _ body: @escaping @Sendable () -> Result
) async -> Result {
    await withCheckedContinuation { continuation in
        let thread = Thread { continuation.resume(returning: body()) }
        thread.start()
    }
}
