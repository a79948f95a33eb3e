import Dispatch
import Glibc

/// SIGTERM and SIGINT as a call, for a service that ends in its own way.
///
/// It returns when a signal would be heard. The handler must be `@Sendable`: in `main.swift`
/// another closure belongs to the main actor, and the process traps when a queue calls it.
/// - Returns: What listens, for as long as it is kept.
public func onTermination(
    _ act: @escaping @Sendable () -> Void
) async -> [any DispatchSourceSignal] {
    var sources: [any DispatchSourceSignal] = []
    for number in [SIGTERM, SIGINT] {
        signal(number, SIG_IGN)  // else it ends the process before the source hears it
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { @Sendable in act() }
        await withCheckedContinuation { registered in
            source.setRegistrationHandler { @Sendable in registered.resume() }
            source.activate()
        }
        sources.append(source)
    }
    return sources
}
