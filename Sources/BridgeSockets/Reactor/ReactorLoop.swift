internal import BridgeBytes
internal import Glibc

/// The state of a reactor's thread: a local of its function, so nothing here is shared. A driven
/// reactor has it used by one thread at a time.
package final class ReactorLoop {
    struct Entry {
        let link: Link
        let handler: any LinkHandler
    }

    private struct Slot {
        var generation: UInt32 = 0
        var entry: Entry?
    }

    /// Rounds of commands between two looks at the sockets.
    private static let commandRounds = 16

    /// How long to wait when the system is out of descriptors or memory.
    static let shortagePause: Duration = .milliseconds(100)

    let inbox: ReactorInbox
    let calls: SystemCalls
    private let epoll: Epoll
    private var slots: [Slot] = []
    private var freeSlots: [UInt32] = []
    private var commands: [ReactorCommand] = []
    private var ready: [Epoll.Ready] = []
    /// No deadline is earlier than this; stale values cost one look at the table.
    private var earliestDeadline: Duration?
    private var isStopping = false
    /// When the last wait ended.
    private(set) var turnTime = MonotonicClock.now
    /// Links whose transforms may hold bytes that no event will tell of.
    var holding: [LinkID] = []
    /// Where bytes pass from a socket to a transform; no memory before there is one.
    var piece: [UInt8] = []
    /// Links that want to be woken after the next wait, which is short then.
    private var napping: [LinkID] = []
    /// Longest wait of a reactor with a napping link, in milliseconds.
    private static let nap: Int32 = 1

    /// - Parameter epoll: One that the inbox's eventfd is registered with.
    init(
        epoll: consuming Descriptor, inbox: ReactorInbox, calls: SystemCalls = SystemCalls()
    ) {
        self.epoll = Epoll(owning: epoll, calls: calls)
        self.inbox = inbox
        self.calls = calls
    }

    /// The thread's body: waits and works until it is told to stop.
    func run() {
        inbox.own()
        while true {
            // Commands may post commands; sockets get their turn all the same.
            let isIdle = runCommands(rounds: Self.commandRounds)
            if isStopping { break }
            poll(milliseconds: isIdle ? longestWait() : 0)
        }
        end()
    }

    /// Does what can be done now, and waits for nothing.
    /// - Returns: When there is more to do although no descriptor becomes ready; nil: never.
    func turn() -> Duration? {
        inbox.own()
        poll(milliseconds: 0)
        let isIdle = runCommands(rounds: Self.commandRounds)
        inbox.disown()
        if isStopping {
            end()
            return nil
        }
        if !isIdle || !holding.isEmpty { inbox.wakeLoop() }
        guard !napping.isEmpty else { return earliestDeadline }
        let nap = MonotonicClock.now + .milliseconds(Int(Self.nap))
        return earliestDeadline.map { min($0, nap) } ?? nap
    }

    /// Has a descriptor of the loop's owner end its waits.
    /// - Returns: `errno`, 0 for none.
    func watch(_ number: Int32) -> Int32 {
        epoll.watch(number)
    }

    /// The descriptor that is readable while there is something to do.
    var descriptorNumber: Int32 { epoll.descriptorNumber }

    /// Waits for readiness, and does what it and the time allow.
    private func poll(milliseconds: Int32) {
        epoll.wait(milliseconds: milliseconds, into: &ready)
        turnTime = MonotonicClock.now
        for event in ready { dispatch(event) }
        readOn()
        endNaps()
        fireDeadlines()
    }

    /// Ends `run` as soon as this turn is over.
    func stop() { isStopping = true }

    /// Closes all links; commands are abandoned from now on.
    func end() {
        closeAll()
        inbox.end()
    }

    private func dispatch(_ event: Epoll.Ready) {
        // The inbox only ends the wait; its commands are taken at the beginning of a turn.
        guard event.id != Epoll.watchedID, let entry = entry(LinkID(raw: event.id)) else { return }
        let (link, handler) = (entry.link, entry.handler)
        if link.isConnecting {
            finishConnecting(link, handler)
            return
        }
        if let conversion = link.conversion {
            dispatch(event.events, link, handler, conversion)
            return
        }
        if !event.events.isDisjoint(with: [.read, .broken]) {
            if link.wantsRead {
                handler.readable(link)
            } else if !event.events.isDisjoint(with: .broken) {
                // The peer is gone while reading is paused: epoll would report that for ever.
                park(link)
            }
        }
        if event.events.contains(.write), !link.isClosed, link.wantsWrite {
            handler.writable(link)
        }
    }

    /// Runs the commands that wait and those that they post. Returns whether none is left.
    private func runCommands(rounds: Int) -> Bool {
        for _ in 0..<rounds {
            guard !isStopping, inbox.take(into: &commands) else { return true }
            for command in commands { run(command) }
            commands.removeAll(keepingCapacity: true)
        }
        return false
    }

    private func run(_ command: ReactorCommand) {
        switch command {
        case .run(let work, _): work(self)
        case .perform(let id, let work, let orElse):
            if let entry = entry(id) { work(entry.handler, entry.link) } else { orElse?() }
        case .wake(let id):
            if let entry = entry(id), !entry.link.isConnecting {
                entry.handler.woken(entry.link)
            }
        case .job(let job, let reactor):
            // Sound: `reactor` is alive during the call.
            unsafe job.runSynchronously(on: reactor.asUnownedTaskExecutor())
        case .stop: stop()
        }
    }

    func entry(_ id: LinkID) -> Entry? {
        guard Int(id.slot) < slots.count else { return nil }
        let slot = slots[Int(id.slot)]
        return slot.generation == id.generation ? slot.entry : nil
    }

    private func closeAll() {
        for slot in slots {
            slot.entry?.link.close(
                error: SocketError("reactor", errno: Errno.canceled, detail: "stopped"))
        }
    }
}

extension ReactorLoop {
    func adopt(_ descriptor: consuming Descriptor, makeHandler: (Link) -> any LinkHandler) {
        let failure = SystemCalls.setNonblocking(descriptor.number)
        let (link, handler) = insert(descriptor, isConnecting: false, makeHandler: makeHandler)
        guard failure == 0 else { return link.close(error: SocketError("fcntl", errno: failure)) }
        updateInterest(of: link)
        if !link.isClosed { handler.opened(link) }
    }

    /// Closes a link if it is still there.
    func close(_ id: LinkID) { entry(id)?.link.close() }

    /// Adds a handler that has a place here and no descriptor.
    func reside(makeHandler: (Link) -> any LinkHandler) {
        let (link, handler) = insert(
            Descriptor(owning: -1), isConnecting: false, makeHandler: makeHandler)
        handler.opened(link)
    }

    func connect(
        to address: Address, from source: Address?, makeHandler: (Link) -> any LinkHandler
    ) {
        let descriptor = Descriptor(
            owning: calls.once(.socket) { _ in
                socket(address.family, SystemCalls.streamSocket, 0)
            })
        let number = descriptor.number
        let socketErrno = Errno.current
        let (link, handler) = insert(descriptor, isConnecting: true, makeHandler: makeHandler)
        guard number >= 0 else {
            link.close(error: SocketError("socket", errno: socketErrno))
            return
        }
        SystemCalls.setNoDelay(number)
        if let source, unsafe source.withSockaddr({ unsafe Glibc.bind(number, $0, $1) }) != 0 {
            return link.close(
                error: SocketError("bind", errno: Errno.current, subject: source.description))
        }
        let status = calls.once(.connect) { _ in
            unsafe address.withSockaddr { unsafe Glibc.connect(number, $0, $1) }
        }
        if status == 0 {
            opened(link, handler)
        } else if [EINPROGRESS, EINTR].contains(Errno.current) {
            // An interrupted one goes on by itself.
            updateInterest(of: link)
        } else {
            link.close(
                error: SocketError("connect", errno: Errno.current, subject: address.description))
        }
    }

    private func insert(
        _ descriptor: consuming Descriptor, isConnecting: Bool,
        makeHandler: (Link) -> any LinkHandler
    ) -> (Link, any LinkHandler) {
        let index = freeSlots.popLast() ?? UInt32(slots.count)
        if Int(index) == slots.count { slots.append(Slot()) }
        let id = LinkID(slot: index, generation: slots[Int(index)].generation)
        let link = Link(id: id, descriptor: descriptor, loop: self, isConnecting: isConnecting)
        let handler = makeHandler(link)
        slots[Int(index)].entry = Entry(link: link, handler: handler)
        return (link, handler)
    }

    private func finishConnecting(_ link: Link, _ handler: any LinkHandler) {
        let number = SystemCalls.pendingError(link.descriptorNumber)
        guard number == 0 else {
            link.close(error: SocketError("connect", errno: number))
            return
        }
        opened(link, handler)
    }

    private func opened(_ link: Link, _ handler: any LinkHandler) {
        link.isConnecting = false
        updateInterest(of: link)
        // Closed, and the handler told so, where the system has no room to watch it.
        if !link.isClosed { handler.opened(link) }
    }

    /// Tells epoll what the link waits for now.
    func updateInterest(of link: Link) {
        guard !link.isClosed else { return }
        var wanted: Epoll.Events = []
        if link.wantsRead, !link.isConnecting { wanted.insert(.read) }
        if link.wantsWrite || link.isConnecting { wanted.insert(.write) }
        if let conversion = link.conversion {
            if !conversion.isOpen { wanted = .read }
            if conversion.isBlocked { wanted.insert(.write) }
        }
        guard link.registered != wanted else { return }
        let status = epoll.set(
            link.descriptorNumber, id: link.id.raw, events: wanted,
            isNew: link.registered == nil)
        link.registered = status == 0 ? wanted : nil
        guard status != 0 else { return }
        if link.outlastsShortage, [ENOMEM, ENOSPC].contains(status) {
            link.deadline = MonotonicClock.now + Self.shortagePause
        } else {
            link.close(error: SocketError("epoll_ctl", errno: status))
        }
    }

    /// A link of which nothing is wanted, or that is broken while nobody reads, is not watched.
    func park(_ link: Link) {
        epoll.remove(link.descriptorNumber)
        link.registered = nil
    }

    func remove(_ link: Link, error: SocketError?) {
        if link.registered != nil { park(link) }
        // Last: until the handler knows, another thread may write to the descriptor.
        defer { if link.descriptorNumber >= 0 { _ = Glibc.close(link.descriptorNumber) } }
        let index = Int(link.id.slot)
        guard index < slots.count, let entry = slots[index].entry, entry.link === link else {
            return
        }
        slots[index].entry = nil
        slots[index].generation &+= 1
        freeSlots.append(link.id.slot)
        entry.handler.closed(link, error: error)
    }
}

extension ReactorLoop {
    func noteDeadline(_ deadline: Duration) {
        if earliestDeadline.map({ deadline < $0 }) ?? true { earliestDeadline = deadline }
    }

    /// Notes that a link wants to be woken after the next wait.
    func nap(_ id: LinkID) { napping.append(id) }

    private func endNaps() {
        guard !napping.isEmpty else { return }
        let ended = napping
        napping.removeAll(keepingCapacity: true)
        for id in ended {
            if let entry = entry(id) { entry.handler.woken(entry.link) }
        }
    }

    private func longestWait() -> Int32 {
        guard holding.isEmpty else { return 0 }
        let wait = millisecondsToDeadline()
        guard !napping.isEmpty else { return wait }
        return wait < 0 ? Self.nap : min(wait, Self.nap)
    }

    private func millisecondsToDeadline() -> Int32 {
        guard let earliestDeadline else { return -1 }
        let left = earliestDeadline - turnTime
        guard left > .zero else { return 0 }
        let (seconds, attoseconds) = left.components
        // Rounded up, so that the deadline has come when the wait ends. What was done since the
        // last wait makes it late, never early.
        let milliseconds = min(seconds, 1_000_000) * 1000 + attoseconds / 1_000_000_000_000_000 + 1
        return Int32(clamping: milliseconds)
    }

    private func fireDeadlines() {
        guard let due = earliestDeadline else { return }
        let now = turnTime
        guard now >= due else { return }
        earliestDeadline = nil
        for index in slots.indices {
            guard let entry = slots[index].entry else { continue }
            if let opening = entry.link.conversion?.deadline {
                guard opening > now else {
                    entry.link.close(
                        error: SocketError("opening", errno: Errno.timedOut))
                    continue
                }
                noteDeadline(opening)
            }
            guard let deadline = entry.link.deadline else { continue }
            if deadline <= now {
                entry.link.deadline = nil
                entry.handler.deadlineReached(entry.link, now: now)
            } else {
                noteDeadline(deadline)
            }
        }
    }
}
