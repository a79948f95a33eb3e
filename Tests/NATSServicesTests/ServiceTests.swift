internal import BridgeBytes
internal import BridgeJSON
internal import NATSCore
internal import NATSServices
internal import NATSWire
internal import Synchronization
internal import TestKit
internal import Testing

/// Services as their users write them.
@Suite(.needsNATSServer) struct ServiceTests {
    private struct Sum: Codable, Sendable {
        var numbers: [Int]
    }

    private struct Broken: Error {}

    @Test func `endpoints answer on the subjects of their groups, and are found`() async throws {
        try await ServiceStage.run { client in
            var configuration = ServiceStage.calculator
            configuration.description = "adds"
            configuration.metadata = ["env": "test"]
            let service = try await client.startService(configuration)
            try await service.root.endpoint("upper") { request in
                ServiceReply(request.text?.uppercased() ?? "", headers: ["X-A": "1"])
            }
            let group = try service.root.group("v1").group("math", queueGroup: .group("mine"))
            var options = ServiceEndpointOptions()
            options.subject = "sum.*"
            options.metadata = ["k": "v"]
            try await group.endpoint("sum", options: options) { (sum: Sum) in
                sum.numbers.reduce(0, +)
            }
            options.queueGroup = ServiceQueueGroup.none
            options.subject = nil
            try await group.endpoint("all", options: options) { _ in ServiceReply("here") }

            let answer = try await client.requestService("abc", at: "upper", timeout: patience)
            #expect(try answer.text == "ABC" && answer.headers["X-A"] == "1")
            let sum = try await client.requestService(
                Bytes(json: Sum(numbers: [1, 2, 3])), at: "v1.math.sum.now", timeout: patience)
            #expect(sum.text == "6")

            let identity = service.identity
            #expect(identity.metadata == ["env": "test"] && identity.name == "calc")
            let found = try await [
                client.services.ping(), client.services.ping("calc"),
                client.services.ping("calc", id: identity.id),
            ]
            #expect(found == [[identity], [identity], [identity]])
            let info = try await client.services.info("calc")
            #expect(info == [service.info] && info.first?.description == "adds")
            let endpoints = info.first?.endpoints ?? []
            #expect(endpoints.map(\.subject) == ["upper", "v1.math.sum.*", "v1.math.all"])
            #expect(endpoints.map(\.queueGroup) == ["q", "mine", ""])
            #expect(endpoints.map(\.metadata) == [[:], ["k": "v"], ["k": "v"]])
            #expect(try await client.services.ping("other") == [])
            await service.stop()
            #expect(try await client.services.ping() == [])
            try await service.waitForEnd()
        }
    }

    @Test func `errors come by header, with what their handler said and nothing else`()
        async throws
    {
        try await ServiceStage.run { client in
            let service = try await client.startService(ServiceStage.calculator)
            try await service.root.endpoint("bad") { _ in
                throw ServiceError(404, "no such\r\norder", payload: "{}")
            }
            try await service.root.endpoint("broken") { _ in throw Broken() }
            try await service.root.endpoint("sum") { (sum: Sum) in sum.numbers.count }
            let bad = await ServiceStage.refusal { () throws(ServiceError) in
                try await client.requestService("x", at: "bad", timeout: patience)
            }
            #expect(bad?.number == 404 && bad?.code == .serviceError)
            #expect(bad?.text == "no such  order")
            #expect(bad?.payload == Bytes(utf8: "{}") && bad?.subject == "bad")
            let broken = await ServiceStage.refusal { () throws(ServiceError) in
                try await client.requestService("x", at: "broken", timeout: patience)
            }
            #expect(broken?.number == 500 && broken?.text == "Broken")
            let unread = await ServiceStage.refusal { () throws(ServiceError) in
                try await client.requestService("no json", at: "sum", timeout: patience)
            }
            #expect(unread?.number == 400)
            let nobody = await ServiceStage.refusal { () throws(ServiceError) in
                try await client.requestService("x", at: "nobody", timeout: patience)
            }
            #expect(nobody?.code == .noResponders && nobody?.clientError != nil)
            await service.stop()
        }
    }

    @Test func `an error that cannot be sent is counted as one that was not told`() async throws {
        try await ServiceStage.run { client in
            let service = try await client.startService(ServiceStage.calculator)
            try await service.root.endpoint("one") { _ in
                let tooMuch = [UInt8](repeating: 0, count: 2 << 20)
                throw ServiceError(409, "twice", payload: tooMuch)
            }
            try client.publish("x", to: "one", replyTo: client.newInbox())
            while service.statistics.endpoints.first?.requests != 1 { await Task.yield() }
            let told = service.statistics.endpoints.first?.lastError
            #expect(told == "409:twice, not told: too_large")
            await service.stop()
        }
    }

    @Test func `statistics count what was answered, and what went wrong`() async throws {
        try await ServiceStage.run { client in
            let service = try await client.startService(ServiceStage.calculator)
            service.setStatisticsData { ["of": .string($0)] }
            let counts = Mutex(0)
            try await service.root.endpoint("one") { _ in
                let count = counts.withLock { count in
                    count += 1
                    return count
                }
                if count == 2 { throw ServiceError(409, "twice") }
                return ServiceReply("ok")
            }
            _ = try await client.requestService("x", at: "one", timeout: patience)
            _ = await ServiceStage.refusal { () throws(ServiceError) in
                try await client.requestService("x", at: "one", timeout: patience)
            }
            // The answer goes out before it is counted.
            while service.statistics.endpoints.first?.requests != 2 { await Task.yield() }
            let told = try await client.services.statistics("calc").first
            let endpoint = try #require(told?.endpoints.first)
            #expect(endpoint.requests == 2 && endpoint.errors == 1)
            #expect(endpoint.lastError == "409:twice" && endpoint.data == ["of": "one"])
            #expect(endpoint.processingTime > .zero && endpoint.averageProcessingTime > .zero)
            #expect(told?.started != nil)
            service.resetStatistics()
            let fresh = service.statistics.endpoints.first
            #expect(fresh?.requests == 0 && fresh?.lastError == "")
            #expect(fresh?.processingTime == .zero)
            await service.stop()
        }
    }

    @Test func `instances share requests, and one without a group gets all of them`() async throws {
        try await ServiceStage.run { client in
            let seen = Mutex<[String: Int]>([:])
            var services: [NATSService] = []
            for _ in 0..<2 {
                let service = try await client.startService(ServiceStage.calculator)
                services.append(service)
                try await service.root.endpoint("one") { _ in
                    seen.withLock { $0["one", default: 0] += 1 }
                    return ServiceReply("ok")
                }
                var options = ServiceEndpointOptions()
                options.queueGroup = ServiceQueueGroup.none
                try await service.root.endpoint("all", options: options) { _ in
                    seen.withLock { $0["all", default: 0] += 1 }
                    return ServiceReply("ok")
                }
            }
            for _ in 0..<10 {
                _ = try await client.requestService("x", at: "one", timeout: patience)
                _ = try await client.requestService("x", at: "all", timeout: patience)
            }
            #expect(try await client.services.ping("calc").count == 2)
            for service in services { await service.stop() }
            let counts = seen.withLock { $0 }
            #expect(counts == ["one": 10, "all": 20])
        }
    }

    @Test func `no more run at a time than an endpoint allows`() async throws {
        try await ServiceStage.run { client in
            let service = try await client.startService(ServiceStage.calculator)
            var options = ServiceEndpointOptions()
            options.concurrency = 2
            let counts = Mutex<[Int]>([0, 0])
            try await service.root.endpoint("slow", options: options) { _ in
                counts.withLock {
                    $0[0] += 1
                    $0[1] = max($0[0], $0[1])
                }
                await Task.yield()
                counts.withLock { $0[0] -= 1 }
                return ServiceReply("ok")
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<30 {
                    group.addTask {
                        _ = try await client.requestService("x", at: "slow", timeout: patience)
                    }
                }
                try await group.waitForAll()
            }
            await service.stop()
            let most = counts.withLock { $0[1] }
            #expect(most >= 1 && most <= 2)
        }
    }

    @Test(arguments: [true, false])
    func `a stop, and a drain of the client, answer what had come`(_ isDrain: Bool) async throws {
        try await ServiceStage.run { asking in
            let url = try #require(asking.serverInfo.map { "nats://\($0.host):\($0.port)" })
            let client = try await NATSClient.connect(url)
            let service = try await client.startService(ServiceStage.calculator)
            let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
            let (freed, freeing) = AsyncStream.makeStream(of: Void.self)
            try await service.root.endpoint("slow") { _ in
                beginning.yield()
                for await _ in freed { break }
                return ServiceReply("done")
            }
            async let answer = asking.requestService("x", at: "slow", timeout: patience)
            for await _ in begun { break }
            let end = Task {
                guard isDrain else { return await service.stop() }
                try await client.drain(timeout: patience)
            }
            while !service.isEnding { await Task.yield() }
            freeing.yield()
            #expect(try await answer.text == "done")
            try await end.value
            try await service.waitForEnd()
            let late = await #expect(throws: NATSError.self) {
                try await service.root.endpoint("late") { _ in ServiceReply("") }
            }
            #expect(late?.code == .closed)
            await client.close()
        }
    }

    @Test func `a service that may not listen ends, and says why`() async throws {
        let config = """
            accounts { A: { users: [ { user: u, password: u,
              permissions: { subscribe: { deny: ["secret"] } } } ] } }
            """
        try await ServiceStage.run(config: config, user: "u") { client in
            let service = try await client.startService(ServiceStage.calculator)
            try? await service.root.endpoint("secret") { _ in ServiceReply("") }
            let error = await #expect(throws: NATSError.self) { try await service.waitForEnd() }
            #expect(error?.code == .permissionDenied)
        }
    }

    @Test func `many answers to one request`() async throws {
        try await ServiceStage.run { client in
            let service = try await client.startService(ServiceStage.calculator)
            try await service.root.endpoint("count") { request in
                for number in 1...3 { try request.respond(ServiceReply("\(number)")) }
                try request.respond(ServiceReply(""))
                return .answered
            }
            var options = RequestManyOptions()
            options.total = patience
            options.isSentinel = RequestManyOptions.emptyPayload
            var texts: [String?] = []
            for try await answer in try client.requestMany("x", to: "count", options: options) {
                texts.append(answer.text)
            }
            #expect(texts == ["1", "2", "3"])
            await service.stop()
        }
    }

    @Test func `names and versions that break the rules are told`() async throws {
        try await ServiceStage.run { client in
            for (name, version) in [
                ("", "1.0.0"), ("a.b", "1.0.0"), ("a b", "1.0.0"), ("a", "1.0"), ("a", "01.0.0"),
            ] {
                let error = await #expect(throws: NATSError.self) {
                    try await client.startService(
                        ServiceConfiguration(name: name, version: version))
                }
                #expect(error?.code == .invalidArgument)
            }
            let service = try await client.startService(ServiceStage.calculator)
            let error = await #expect(throws: NATSError.self) {
                try await service.root.endpoint("a.b") { _ in ServiceReply("") }
            }
            #expect(error?.code == .invalidArgument)
            #expect(throws: NATSError.self) { try service.root.group("a..b") }
            #expect(throws: NATSError.self) { try service.root.group("a.*") }
            await #expect(throws: NATSError.self) { try await client.services.ping(id: "x") }
            await service.stop()
        }
    }
}
