package import BridgeSockets
import Glibc
import Synchronization

/// What can go wrong with system calls, by kinds that a run has or has not.
package enum SystemFault: String, Sendable, CaseIterable {
    /// EINTR: nothing was done, and the call is to be made again.
    case interruption
    /// EAGAIN, though epoll had said that something could be done.
    case wouldBlock
    /// Fewer bytes are moved than were asked for.
    case shortTransfer
    /// ECONNRESET; what had come may be lost with it.
    case reset
    /// EPIPE: the peer reads no more.
    case brokenPipe
    /// EMFILE and ENFILE.
    case outOfDescriptors
    /// ENOMEM.
    case outOfMemory
    /// ENOSPC and EDQUOT.
    case diskFull
    /// EIO: the disk is broken, before the effect or behind it.
    case inputOutput

    /// Whether everything goes on after it as if nothing had been.
    package var isHarmless: Bool {
        switch self {
        case .interruption, .wouldBlock, .shortTransfer: true
        default: false
        }
    }
}

/// System calls that fail as a seed says.
///
/// Each run has some of the kinds of faults and not the others (swarm testing): what one kind
/// would always end at once is reached when that kind is off. Harmless faults are frequent, others
/// rare, so that runs get somewhere. Which call meets which fault also depends on the order in
/// which threads come, so a seed repeats the odds of a run and not each step.
package final class FaultySystemCalls: Sendable {
    /// A fault at a call.
    package struct Incident: Sendable, Hashable, CustomStringConvertible {
        package let fault: SystemFault
        package let call: SystemCall
        package var description: String { "\(fault)(\(call))" }
    }

    private struct State {
        var generator: SeededGenerator
        var isArmed = false
        var met: [Incident: Int] = [:]
    }

    /// The kinds that this run has.
    package let kinds: Set<SystemFault>
    /// One of so many calls meets each harmless fault, and each other one.
    private let odds: (harmless: Int, other: Int)
    private let state: Mutex<State>

    /// Draws the kinds and how frequent they are.
    /// - Parameter other: One of so many calls meets each fault that does harm.
    package init(using generator: inout SeededGenerator, other: ClosedRange<Int> = 20...200) {
        kinds = Set(SystemFault.allCases.filter { _ in Bool.random(using: &generator) })
        odds = (
            Int.random(in: 2...12, using: &generator), Int.random(in: other, using: &generator)
        )
        state = Mutex(State(generator: SeededGenerator(seed: generator.next())))
    }

    /// What to give to what is tested. Nothing fails before `arm()`.
    package var calls: SystemCalls {
        SystemCalls { [self] call, count in judge(call, count) }
    }

    /// Faults come from now on.
    package func arm() { state.withLock { $0.isArmed = true } }

    /// No more faults come.
    package func disarm() { state.withLock { $0.isArmed = false } }

    /// The faults that have come, and how often.
    package var met: [Incident: Int] { state.withLock { $0.met } }

    /// Whether all faults that have come were harmless.
    package var wasHarmless: Bool { met.keys.allSatisfy(\.fault.isHarmless) }

    private func judge(_ call: SystemCall, _ count: Int) -> SystemCallFate {
        state.withLock { state in
            guard state.isArmed else { return .made }
            for kind in SystemFault.allCases where kinds.contains(kind) {
                let odds = kind.isHarmless ? odds.harmless : odds.other
                guard Int.random(in: 0..<odds, using: &state.generator) == 0,
                    let fate = Self.fate(kind, call, count, &state.generator)
                else { continue }
                state.met[Incident(fault: kind, call: call), default: 0] += 1
                return fate
            }
            return .made
        }
    }

    /// What the kind makes of a call; nil where it does not come.
    private static func fate(
        _ kind: SystemFault, _ call: SystemCall, _ count: Int,
        _ generator: inout SeededGenerator
    ) -> SystemCallFate? {
        let isLate = Bool.random(using: &generator)
        switch (kind, call) {
        case (.interruption, .read), (.interruption, .send), (.interruption, .sendfile),
            (.interruption, .accept), (.interruption, .epollWait), (.interruption, .open),
            (.interruption, .fileRead), (.interruption, .fileWrite),
            (.interruption, .synchronize), (.interruption, .allocate):
            return .refused(EINTR)
        case (.wouldBlock, .read), (.wouldBlock, .send), (.wouldBlock, .sendfile),
            (.wouldBlock, .accept):
            return .refused(EAGAIN)
        case (.shortTransfer, .read), (.shortTransfer, .send), (.shortTransfer, .sendfile),
            (.shortTransfer, .fileRead), (.shortTransfer, .fileWrite):
            return count > 1 ? .cut(to: Int.random(in: 1..<count, using: &generator)) : nil
        case (.reset, .read), (.reset, .send), (.reset, .sendfile): return .broken(ECONNRESET)
        case (.brokenPipe, .send), (.brokenPipe, .sendfile): return .broken(EPIPE)
        case (.outOfDescriptors, .accept), (.outOfDescriptors, .socket),
            (.outOfDescriptors, .open), (.outOfDescriptors, .list):
            return .refused(isLate ? EMFILE : ENFILE)
        case (.outOfMemory, .accept), (.outOfMemory, .socket), (.outOfMemory, .open),
            (.outOfMemory, .send), (.outOfMemory, .epollAdd), (.outOfMemory, .list),
            (.outOfMemory, .fileRead), (.outOfMemory, .fileWrite), (.outOfMemory, .allocate):
            return .refused(ENOMEM)
        case (.diskFull, .open), (.diskFull, .fileWrite), (.diskFull, .synchronize),
            (.diskFull, .allocate), (.diskFull, .link), (.diskFull, .rename):
            return .refused(isLate ? ENOSPC : EDQUOT)
        case (.inputOutput, .link), (.inputOutput, .rename), (.inputOutput, .unlink),
            (.inputOutput, .synchronize):
            return isLate ? .hidden(EIO) : .refused(EIO)
        case (.inputOutput, .open), (.inputOutput, .fileRead), (.inputOutput, .fileWrite),
            (.inputOutput, .sendfile), (.inputOutput, .list), (.inputOutput, .allocate):
            return .refused(EIO)
        default: return nil
        }
    }
}
