internal import BridgeBytes
internal import CLinux
internal import Glibc
internal import Synchronization

/// One thread that waits for readiness of many descriptors and runs their handlers.
///
/// ## Theory of operation
/// The thread owns an epoll instance and a table of links, each a nonblocking descriptor with a
/// handler. Handlers are built on that thread, called only there, and need no lock: what they
/// share with tasks is up to them (an outbox, a delivery). Other threads reach a link through its
/// `LinkHandle`, which puts a command into the inbox; the inbox has one lock and one eventfd,
/// which is written only when the thread may be asleep. A link is named by a slot and a
/// generation, so an event for a closed descriptor never reaches the next one with its number.
///
/// Readiness is level-triggered: a handler may stop reading at any point and is called again.
/// The thread ends when the `Reactor` is released or `stop()` is called; its links are closed.
///
/// Where a loop of somebody else's is to drive everything, `DrivenReactor` stands in for the
/// thread.
package final class Reactor: Sendable {
    package let inbox: ReactorInbox

    /// A reactor whose commands somebody else's loop takes.
    init(inbox: ReactorInbox) { self.inbox = inbox }

    /// Starts the thread.
    /// - Parameter calls: What its links make their system calls with.
    package init(name: String, calls: SystemCalls = SystemCalls()) throws(SocketError) {
        let inbox = try ReactorInbox(isAwake: true)
        self.inbox = inbox
        let number = try Epoll.open(watching: inbox.event, calls).release()
        try OSThread.start(name: name) {
            let loop = ReactorLoop(
                epoll: Descriptor(owning: number), inbox: inbox, calls: calls)
            loop.run()
        }
    }

    deinit { inbox.post(.stop) }

    /// Closes all links and ends the thread. Does not wait.
    package func stop() { inbox.post(.stop) }

    /// Registers an open descriptor, which becomes nonblocking. The handler is built on the
    /// reactor's thread and told `opened` at once, or `closed` if there is no such descriptor.
    /// - Parameter orElse: Called when the reactor has ended: no handler is built.
    package func adopt(
        _ descriptor: consuming Descriptor,
        makeHandler: @escaping @Sendable (Link) -> any LinkHandler,
        orElse: @escaping @Sendable () -> Void = {}
    ) {
        let number = descriptor.release()
        inbox.post(
            .run {
                $0.adopt(Descriptor(owning: number), makeHandler: makeHandler)
            } orElse: {
                _ = Descriptor(owning: number)
                orElse()
            })
    }

    /// Registers a handler without a descriptor: it lives on the reactor's thread, is reached by
    /// `LinkHandle.perform` and called at its link's deadline, until it closes its link.
    /// - Parameter orElse: Called when the reactor has ended: no handler is built.
    package func reside(
        makeHandler: @escaping @Sendable (Link) -> any LinkHandler,
        orElse: @escaping @Sendable () -> Void
    ) {
        inbox.post(
            .run {
                $0.reside(makeHandler: makeHandler)
            } orElse: {
                orElse()
            })
    }

    /// Connects to an address. The handler is built at once; it is told `opened` when the
    /// connection stands or `closed` with the reason. A deadline is the handler's to set.
    /// - Parameters:
    ///   - source: The local address to connect from; nil: the system chooses.
    ///   - orElse: Called when the reactor has ended: no handler is built.
    package func connect(
        to address: Address, from source: Address? = nil,
        makeHandler: @escaping @Sendable (Link) -> any LinkHandler,
        orElse: @escaping @Sendable () -> Void = {}
    ) {
        inbox.post(
            .run {
                $0.connect(to: address, from: source, makeHandler: makeHandler)
            } orElse: {
                orElse()
            })
    }
}

/// What other threads ask of a reactor.
enum ReactorCommand: Sendable {
    case run(@Sendable (ReactorLoop) -> Void, orElse: @Sendable () -> Void)
    case perform(
        LinkID, @Sendable (any LinkHandler, Link) -> Void, orElse: (@Sendable () -> Void)?)
    case wake(LinkID)
    case job(UnownedJob, Reactor)
    case stop

    /// Does what is due when no loop takes the command.
    func abandon() {
        switch self {
        case .run(_, let orElse): orElse()
        case .perform(_, _, let orElse): orElse?()
        // No task hangs.
        case .job(let job, _): globalConcurrentExecutor.enqueue(job)
        case .wake, .stop: break
        }
    }
}

/// The reactor's mailbox: commands in order, and the eventfd that ends its sleep.
package final class ReactorInbox: Sendable {
    private struct State {
        var commands: [ReactorCommand] = []
        /// Whether the loop will look without being woken.
        var isSignalled: Bool
        /// The loop has ended; nobody will take what is posted.
        var isOver = false
    }

    private let state: Mutex<State>
    /// The thread that takes the commands, once it runs.
    private let owner = Atomic(UInt(0))
    let event: Descriptor

    /// - Parameter isAwake: Whether the loop looks for commands before its first wait.
    init(isAwake: Bool) throws(SocketError) {
        state = Mutex(State(isSignalled: isAwake))
        let number = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard number >= 0 else { throw SocketError("eventfd", errno: Errno.current) }
        event = Descriptor(owning: number)
    }

    /// Adds a command and wakes the thread if it may be asleep. When the loop has ended the
    /// command is abandoned.
    func post(_ command: ReactorCommand) {
        // The loop looks for commands before it sleeps, so it need not wake itself.
        let isOwner = owner.load(ordering: .relaxed) == OSThread.current
        let (signal, isTaken) = state.withLock { state -> (Bool, Bool) in
            guard !state.isOver else { return (false, false) }
            state.commands.append(command)
            guard !isOwner else { return (false, true) }
            defer { state.isSignalled = true }
            return (!state.isSignalled, true)
        }
        if signal { wakeLoop() }
        if !isTaken { command.abandon() }
    }

    /// Ends the loop's sleep, or the next one.
    func wakeLoop() { eventfd_write(event.number, 1) }

    /// Says that the calling thread takes the commands.
    func own() { owner.store(OSThread.current, ordering: .relaxed) }

    /// Says that nobody takes commands now: whoever posts one wakes the loop.
    func disown() { owner.store(0, ordering: .relaxed) }

    /// Takes all commands; `into` is swapped with them, so that no memory is allocated. Returns
    /// false when there is none.
    func take(into commands: inout [ReactorCommand]) -> Bool {
        state.withLock { state in
            swap(&state.commands, &commands)
            state.isSignalled = false
            return !commands.isEmpty
        }
    }

    /// Abandons the commands that were never taken, and all that come from now on.
    func end() {
        let left = state.withLock { state in
            state.isOver = true
            defer { state.commands = [] }
            return state.commands
        }
        for command in left { command.abandon() }
    }
}

/// Names a link for as long as it lives, and never another one.
package struct LinkID: Hashable, Sendable {
    let slot: UInt32
    let generation: UInt32

    var raw: UInt64 { UInt64(generation) << 32 | UInt64(slot) }

    init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    init(raw: UInt64) {
        self.init(
            slot: UInt32(truncatingIfNeeded: raw), generation: UInt32(truncatingIfNeeded: raw >> 32)
        )
    }
}

/// How any thread reaches a link. Calls for a link that is gone do nothing.
package struct LinkHandle: Sendable {
    package let id: LinkID
    let inbox: ReactorInbox
    let descriptorNumber: Int32
    let calls: SystemCalls
    /// Whether bytes go to the socket as they are.
    let isPlain: Bool

    /// Writes what fits now of the rest of a buffer, once, on the calling thread.
    ///
    /// The caller makes sure that the link is not closed meanwhile (it holds a lock that the
    /// handler takes in `closed`) and that the handler writes nothing itself. A link with a
    /// transform, which belongs to the reactor's thread, takes nothing here.
    package func write(_ buffer: inout SendBuffer) -> Transfer {
        isPlain ? buffer.send(to: descriptorNumber, calls) : .wouldBlock
    }

    /// Has the handler's `woken` called on the reactor's thread.
    package func wake() { inbox.post(.wake(id)) }

    /// Runs `work` with the handler on the reactor's thread, or `orElse` when the link is gone.
    func perform(
        _ work: @escaping @Sendable (any LinkHandler, Link) -> Void,
        orElse: (@Sendable () -> Void)? = nil
    ) {
        inbox.post(.perform(id, work, orElse: orElse))
    }
}
