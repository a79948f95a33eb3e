internal import BridgeBytes
internal import CLinux
internal import Glibc

/// A safe face for the system's epoll instance: events come out as plain values.
@safe struct Epoll: ~Copyable {
    /// What a descriptor waits for, or what it is ready for.
    struct Events: OptionSet {
        let rawValue: UInt32
        static let read = Events(rawValue: EPOLLIN.rawValue | EPOLLRDHUP.rawValue)
        static let write = Events(rawValue: EPOLLOUT.rawValue)
        /// Told once for each time that something new came, not for as long as it is there.
        static let edge = Events(rawValue: EPOLLET.rawValue)
        /// Reported whether asked for or not.
        static let broken = Events(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
    }

    /// A registration's own number, and what its descriptor is ready for.
    struct Ready {
        let id: UInt64
        let events: Events
    }

    /// Most events taken from one wait.
    static let capacity = 256

    private let descriptor: Descriptor
    private let calls: SystemCalls

    /// What a wait from outside waits for: readable while anything is ready.
    var descriptorNumber: Int32 { descriptor.number }

    /// Where the kernel puts events: room for `capacity`, ours until the end.
    private let events: UnsafeMutablePointer<epoll_event>

    init(owning descriptor: consuming Descriptor, calls: SystemCalls) {
        self.descriptor = descriptor
        self.calls = calls
        unsafe events = .allocate(capacity: Self.capacity)
        unsafe events.initialize(repeating: epoll_event(), count: Self.capacity)
    }

    // Sound: nobody else has the pointer.
    deinit { unsafe events.deallocate() }

    /// What the descriptors are called that only end waits.
    static let watchedID = UInt64.max

    /// A new instance's descriptor, with one registered that ends its waits.
    static func open(
        watching event: borrowing Descriptor, _ calls: SystemCalls
    ) throws(SocketError) -> Descriptor {
        let descriptor = Descriptor(owning: epoll_create1(Int32(EPOLL_CLOEXEC)))
        guard descriptor.number >= 0 else {
            throw SocketError("epoll_create1", errno: Errno.current)
        }
        let status = watch(event.number, by: descriptor.number, calls)
        guard status == 0 else { throw SocketError("epoll_ctl", errno: status) }
        return descriptor
    }

    /// Has a descriptor end the waits. Returns `errno`, 0 for none.
    func watch(_ number: Int32) -> Int32 { Self.watch(number, by: descriptor.number, calls) }

    // With edges its counter need not be read: one system call less for each wake-up.
    private static func watch(_ number: Int32, by epoll: Int32, _ calls: SystemCalls) -> Int32 {
        add(number, id: watchedID, events: [.read, .edge], to: epoll, calls)
    }

    private static func add(
        _ number: Int32, id: UInt64, events: Events, to epoll: Int32, _ calls: SystemCalls
    ) -> Int32 {
        var event = unsafe event(id, events)
        let status = calls.once(.epollAdd) { _ in
            unsafe epoll_ctl(epoll, EPOLL_CTL_ADD, number, &event)
        }
        return status == 0 ? 0 : Errno.current
    }

    private static func event(_ id: UInt64, _ events: Events) -> epoll_event {
        var event = unsafe epoll_event()
        unsafe event.events = events.rawValue
        unsafe event.data.u64 = id
        return unsafe event
    }

    /// Registers a descriptor (`isNew`) or changes what it waits for. Returns `errno`, 0 for none.
    func set(_ number: Int32, id: UInt64, events: Events, isNew: Bool) -> Int32 {
        guard !isNew else {
            return Self.add(number, id: id, events: events, to: descriptor.number, calls)
        }
        // Takes no memory, so nothing can fail that a test would want to see.
        var event = unsafe Self.event(id, events)
        let status = unsafe epoll_ctl(descriptor.number, EPOLL_CTL_MOD, number, &event)
        return status == 0 ? 0 : Errno.current
    }

    func remove(_ number: Int32) {
        _ = epoll_ctl(descriptor.number, EPOLL_CTL_DEL, number, nil)
    }

    /// Waits and puts what is ready into `ready`, whose memory is reused.
    /// - Parameter milliseconds: Longest wait; -1 for no limit.
    func wait(milliseconds: Int32, into ready: inout [Ready]) {
        ready.removeAll(keepingCapacity: true)
        let count = calls.once(.epollWait) { _ in
            unsafe epoll_wait(descriptor.number, events, Int32(Self.capacity), milliseconds)
        }
        // Sound: the kernel filled in the first `count` events. -1 is an interruption.
        for index in 0..<max(0, Int(count)) {
            let event = unsafe events[index]
            unsafe ready.append(
                Ready(id: event.data.u64, events: Events(rawValue: event.events)))
        }
    }
}
