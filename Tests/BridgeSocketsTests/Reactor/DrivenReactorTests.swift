import BridgeBytes
import BridgeSockets
import Glibc
import Synchronization
import TestKit
import Testing

@Suite struct DrivenReactorTests {
    /// Notes what it is told, and does what the test says.
    private final class Notes: Sendable {
        let told = Mutex<[String]>([])
        func add(_ text: String) { told.withLock { $0.append(text) } }
        var all: [String] { told.withLock { $0 } }
    }

    private final class NotingHandler: LinkHandler {
        private let notes: Notes
        private let act: @Sendable (Link, String) -> Void

        init(_ notes: Notes, _ act: @escaping @Sendable (Link, String) -> Void) {
            self.notes = notes
            self.act = act
        }

        private func note(_ link: Link, _ text: String) {
            notes.add(text)
            act(link, text)
        }

        func opened(_ link: Link) { note(link, "opened") }
        func readable(_ link: Link) { note(link, "readable") }
        func woken(_ link: Link) { note(link, "woken") }
        func deadlineReached(_ link: Link, now: Duration) { note(link, "deadline") }
        func closed(_ link: Link, error: SocketError?) {
            note(link, error == nil ? "closed" : "broken")
        }
    }

    /// Adopts one end of a socket pair; returns the other.
    private static func pair(
        _ driven: DrivenReactor, _ notes: Notes,
        _ act: @escaping @Sendable (Link, String) -> Void = { _, _ in }
    ) throws -> Descriptor {
        var ends: [Int32] = [-1, -1]
        let status = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        try #require(status == 0)
        driven.reactor.adopt(Descriptor(owning: ends[0])) { _ in NotingHandler(notes, act) }
        return Descriptor(owning: ends[1])
    }

    @Test func `its descriptor is readable while there is something to do, and not else`() throws {
        let driven = try DrivenReactor()
        let notes = Notes()
        #expect(!Readiness.isReadable(driven.descriptor))
        let peer = try Self.pair(driven, notes) { link, told in
            if told == "readable" { link.wantsRead = false }
        }
        // The command came from the thread that gives the turns, between two of them.
        #expect(Readiness.isReadable(driven.descriptor) && notes.all.isEmpty)
        driven.turn()
        #expect(!Readiness.isReadable(driven.descriptor) && notes.all == ["opened"])
        driven.turn()
        #expect(notes.all == ["opened"])
        _ = unsafe write(peer.number, [1], 1)
        #expect(Readiness.isReadable(driven.descriptor))
        driven.turn()
        #expect(!Readiness.isReadable(driven.descriptor) && notes.all == ["opened", "readable"])
    }

    @Test func `a time that has come makes it readable`() throws {
        let driven = try DrivenReactor()
        let notes = Notes()
        let peer = try Self.pair(driven, notes) { link, told in
            if told == "opened" { link.deadline = MonotonicClock.now + .milliseconds(3) }
            // One that has passed already is due all the same, and so is a nap.
            if told == "deadline", notes.all.count < 4 { link.deadline = .nanoseconds(1) }
            if told == "deadline", notes.all.count == 4 { link.nap() }
        }
        for _ in 0..<5 {
            #expect(Readiness.wait(for: [driven.descriptor], milliseconds: 60_000))
            driven.turn()
        }
        #expect(notes.all == ["opened", "deadline", "deadline", "deadline", "woken"])
        #expect(!Readiness.isReadable(driven.descriptor))
        withExtendedLifetime(peer) {}
    }

    @Test func `commands beyond one turn's share are left to the next`() throws {
        let driven = try DrivenReactor()
        let notes = Notes()
        let peer = try Self.pair(driven, notes) { link, told in
            if notes.all.count < 40 { link.handle.wake() }
        }
        var turns = 0
        while Readiness.isReadable(driven.descriptor) {
            driven.turn()
            turns += 1
        }
        #expect(notes.all.count == 40 && turns > 1 && turns < 10)
        withExtendedLifetime(peer) {}
    }

    @Test func `a turn within a turn does nothing`() throws {
        let driven = try DrivenReactor()
        let notes = Notes()
        let peer = try Self.pair(driven, notes) { [weak driven] link, told in
            guard told == "opened" else { return }
            link.handle.wake()
            driven?.turn()
            notes.add("after")
        }
        driven.turn()
        #expect(notes.all == ["opened", "after", "woken"])
        withExtendedLifetime(peer) {}
    }

    @Test func `once released it abandons what it is asked`() async throws {
        let notes = Notes()
        var driven: DrivenReactor? = try DrivenReactor()
        let reactor = try #require(driven?.reactor)
        let handle = Mutex<HandlerHandle<NotingHandler>?>(nil)
        let peer = try Self.pair(try #require(driven), notes) { link, _ in
            handle.withLock { $0 = link.handle(for: NotingHandler.self) }
        }
        driven?.turn()
        // Never taken: no turn comes any more.
        let job = Task(executorPreference: reactor) { notes.add("job") }
        reactor.adopt(Descriptor(owning: dup(peer.number))) { _ in
            NotingHandler(notes) { _, _ in }
        } orElse: {
            notes.add("not adopted")
        }
        driven = nil
        await job.value
        #expect(notes.all.sorted() == ["broken", "job", "not adopted", "opened"])
        let address = try #require(Address(numericHost: "127.0.0.1", port: 1))
        reactor.connect(to: address) { _ in
            NotingHandler(notes) { _, _ in }
        } orElse: {
            notes.add("not connected")
        }
        handle.withLock { $0 }?.perform { _, _ in
        } orElse: {
            notes.add("not performed")
        }
        #expect(notes.all.suffix(2) == ["not connected", "not performed"])
        // Our end of the pair: all others are closed.
        var byte: UInt8 = 0
        #expect(unsafe read(peer.number, &byte, 1) == 0)
    }

    @Test func `another thread's loop runs its tasks`() async throws {
        let driven = try DrivenReactor()
        let thread = try PollingThread(driven.descriptor) { driven.turn() }
        let reactor = driven.reactor
        try await within {
            let threads = await withTaskExecutorPreference(reactor) {
                await withTaskGroup(of: UInt.self) { group in
                    for _ in 0..<50 {
                        group.addTask {
                            await Task.yield()
                            return UInt(pthread_self())
                        }
                    }
                    return await group.reduce(into: Set()) { $0.insert($1) }
                }
            }
            #expect(threads.count == 1 && !threads.contains(UInt(pthread_self())))
        }
        await thread.stop()
    }
}
