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

    /// What a wait from outside waits for: readable while anything is ready.
    var descriptorNumber: Int32 { descriptor.number }

    /// Where the kernel puts events: room for `capacity`, ours until the end.
    private let events: UnsafeMutablePointer<epoll_event>

    init(owning descriptor: consuming Descriptor) {
        self.descriptor = descriptor
        unsafe events = .allocate(capacity: Self.capacity)
        unsafe events.initialize(repeating: epoll_event(), count: Self.capacity)
    }

    // Sound: nobody else has the pointer.
    deinit { unsafe events.deallocate() }

    /// A new instance's descriptor.
    static func open() throws(SocketError) -> Descriptor {
        let descriptor = Descriptor(owning: epoll_create1(Int32(EPOLL_CLOEXEC)))
        guard descriptor.number >= 0 else {
            throw SocketError("epoll_create1", errno: Errno.current)
        }
        return descriptor
    }

    /// Registers a descriptor (`isNew`) or changes what it waits for. Returns `errno`, 0 for none.
    func set(_ number: Int32, id: UInt64, events: Events, isNew: Bool) -> Int32 {
        var event = unsafe epoll_event()
        unsafe event.events = events.rawValue
        unsafe event.data.u64 = id
        let operation = isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
        let status = unsafe epoll_ctl(descriptor.number, operation, number, &event)
        return status == 0 ? 0 : Errno.current
    }

    func remove(_ number: Int32) {
        _ = epoll_ctl(descriptor.number, EPOLL_CTL_DEL, number, nil)
    }

    /// Waits and puts what is ready into `ready`, whose memory is reused.
    /// - Parameter milliseconds: Longest wait; -1 for no limit.
    func wait(milliseconds: Int32, into ready: inout [Ready]) {
        ready.removeAll(keepingCapacity: true)
        let count = unsafe epoll_wait(
            descriptor.number, events, Int32(Self.capacity), milliseconds)
        // Sound: the kernel filled in the first `count` events. -1 is an interruption.
        for index in 0..<max(0, Int(count)) {
            let event = unsafe events[index]
            unsafe ready.append(
                Ready(id: event.data.u64, events: Events(rawValue: event.events)))
        }
    }
}
