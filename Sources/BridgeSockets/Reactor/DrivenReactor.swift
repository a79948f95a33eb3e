internal import BridgeBytes
internal import CLinux
internal import Glibc
internal import Synchronization

/// A reactor without a thread: whoever has a loop of their own lends it a turn when it asks.
///
/// ## Theory of operation
/// The epoll instance is itself a descriptor that can be waited for. It is readable while one of
/// its own is ready: a socket, the inbox's eventfd, or a timer that is set after every turn to the
/// time at which there is something to do without them. So one descriptor tells everything, and
/// no wait needs a limit. A turn takes what is ready, runs the commands and never waits.
///
/// Between turns nobody owns the inbox, so a command by any thread writes the eventfd, also one
/// by the thread that gives the turns. One caller at a time is let in: another one leaves at once,
/// and what made it call stays ready.
package final class DrivenReactor: Sendable {
    /// What clients and servers take for a reactor. Its commands are abandoned once this object
    /// is released.
    package let reactor: Reactor
    /// Readable while there is something to do.
    package let descriptor: Int32
    private let state: Mutex<State>
    private let isTurning = Atomic(false)

    private struct State: ~Copyable {
        let loop: ReactorLoop
        var timer: Timer
    }

    /// - Throws: `SocketError` when the system has no descriptors left.
    package init() throws(SocketError) {
        let inbox = try ReactorInbox(isAwake: false)
        let epoll = try Epoll.open(watching: inbox.event, SystemCalls())
        let loop = ReactorLoop(epoll: epoll, inbox: inbox)
        let timer = try Timer()
        let status = loop.watch(timer.descriptor.number)
        guard status == 0 else { throw SocketError("epoll_ctl", errno: status) }
        reactor = Reactor(inbox: inbox)
        descriptor = loop.descriptorNumber
        state = Mutex(State(loop: loop, timer: timer))
    }

    deinit { state.withLock { $0.loop.end() } }

    /// Does what can be done now. Does nothing while another thread does, or when called from
    /// within.
    package func turn() {
        guard
            isTurning.compareExchange(
                expected: false, desired: true, ordering: .acquiring
            ).exchanged
        else { return }
        // Nobody waits for this lock: the flag lets one in.
        state.withLock { $0.timer.set($0.loop.turn()) }
        isTurning.store(false, ordering: .releasing)
    }
}

/// A timer of the system's, whose descriptor is readable when its time has come.
private struct Timer: ~Copyable {
    let descriptor: Descriptor
    /// What it is set to; nil: nothing.
    private var time: Duration?

    init() throws(SocketError) {
        descriptor = Descriptor(
            owning: timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK | TFD_CLOEXEC)))
        guard descriptor.number >= 0 else {
            throw SocketError("timerfd_create", errno: Errno.current)
        }
    }

    /// Sets the time, on `MonotonicClock`; nil: never.
    mutating func set(_ time: Duration?) {
        // One that has passed does not ring again by itself.
        guard time != self.time || time.map({ $0 <= MonotonicClock.now }) ?? false else { return }
        self.time = time
        var setting = itimerspec()
        if let time {
            let (seconds, attoseconds) = max(time, .nanoseconds(1)).components
            setting.it_value.tv_sec = Int(seconds)
            setting.it_value.tv_nsec = Int(attoseconds / 1_000_000_000)
        }
        unsafe _ = timerfd_settime(descriptor.number, Int32(TFD_TIMER_ABSTIME), &setting, nil)
    }
}
