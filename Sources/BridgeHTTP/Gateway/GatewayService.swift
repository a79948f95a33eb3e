internal import BridgeBytes
internal import BridgeSockets
internal import HTTPWire
internal import Synchronization

/// A gateway as a function of requests: the paths of a file server, answered from an engine.
///
/// ## Theory of operation
/// A request's head is judged on the reactor's thread; what asks the engine goes on in a task and
/// answers through its `ServerReply`. Objects are found by identifier and name together, since
/// engines keep them by path; so `/f/{id}` alone leads nowhere, and uploads do not go on where
/// they were cut.
final class GatewayService: HTTPService {
    let options: FileServerOptions
    let engine: any GatewayEngine
    let counts = RequestCounts()
    let traffic = Traffic()
    let census = Census()
    /// Tasks that work for requests.
    let tasks = Census()
    let tokens: AccessTokens
    let seal = GatewaySeal()
    let trials = Mutex<(end: Duration, answer: ServerAnswer)?>(nil)
    private let browsers: BrowserAccess
    private let server = Mutex<ServiceServer?>(nil)
    private let uploads = Mutex<(count: Int, memory: Int)>((0, 0))

    /// Most memory that uploads may need together: 512 MiB.
    private static let memoryLimit = 512 << 20

    init(_ options: FileServerOptions, _ engine: any GatewayEngine) {
        self.options = options
        self.engine = engine
        browsers = BrowserAccess(
            origins: Set(options.browserOrigins.compactMap(BrowserAccess.normalized)))
        tokens = AccessTokens(upload: options.uploadToken, delete: options.deleteToken)
    }

    /// What serves it, once anybody can come.
    var place: ServiceServer? {
        get { server.withLock { $0 } }
        set { server.withLock { $0 = newValue } }
    }

    var now: Timestamp { options.now() }
    var openUploads: Int { uploads.withLock { $0.count } }

    /// Works for a request, and answers; nil: a sink does.
    func work(
        _ reply: ServerReply, _ body: @escaping @Sendable () async -> ServerAnswer?
    ) -> ServerDecision {
        tasks.enter()
        Task {
            if let answer = await body() { reply.answer(answer) }
            tasks.leave()
        }
        return .later
    }

    func begin(_ request: ServerRequest, reply: ServerReply) -> ServerDecision {
        let method = request.head.method
        guard FileRoute.unknown.methods.contains(method) else {
            counts.count(\.others)
            var answer = ServerAnswer.failure(501, "the method is not implemented")
            answer.closes = true
            return .answer(answer)
        }
        let route: FileRoute
        do throws(HTTPWireError) { route = try FileRoute(request.head.target) } catch {
            counts.count(\.others)
            return .answer(.failure(error.status, error.message, code: error.code))
        }
        if let answer = browsers.preflight(request.head) {
            counts.count(\.others)
            return .answer(answer)
        }
        guard route != .unknown, Self.methods(route).contains(method) else {
            counts.count(\.others)
            return .answer(Self.refusal(at: route))
        }
        return answer(route, request, reply)
    }

    private func answer(
        _ route: FileRoute, _ request: ServerRequest, _ reply: ServerReply
    ) -> ServerDecision {
        switch (route, request.head.method) {
        case (.health, _), (.readiness, _), (.metrics, _):
            counts.count(\.healthChecks)
            if route == .metrics { return .answer(.exposition(of: metrics)) }
            return route == .health ? .answer(health()) : readiness(reply)
        case (.object(let id, let name), "PUT"):
            return put(request, GatewayPlace(id: id, name: name), reply)
        case (.native(let name), "POST"): return post(request, name: name, reply)
        case (.plikCreate, _): return createPlikUpload(request)
        case (.plikAdd(let upload), _): return addPlikFile(request, upload: upload, reply)
        case (.object(let id, let name), _):
            return existing(GatewayPlace(id: id, name: name), request, reply)
        case (.native, _): return existing(nil, request, reply)
        case (.plikFile(let upload, let file), _):
            let name = FileRoute.plikName(request.head.target) ?? ""
            return existing(
                GatewayPlace(upload: upload, file: file, name: name), request, reply)
        case (.server, _), (.unknown, _):
            counts.count(\.others)
            return .answer(ServerAnswer(204, fields: Self.allow(route)))
        }
    }

    private func existing(
        _ place: GatewayPlace?, _ request: ServerRequest, _ reply: ServerReply
    ) -> ServerDecision {
        let method = request.head.method
        counts.count(
            method == "DELETE" ? \.deletions : method == "HEAD" ? \.inspections : \.downloads)
        guard let place, !place.isOwn else { return .answer(.failure(StoreError.missing)) }
        let head = request.head
        return work(reply) { [self] in
            method == "DELETE" ? await delete(place, head.fields) : await download(place, head)
        }
    }

    private func delete(_ place: GatewayPlace, _ fields: FieldList) async -> ServerAnswer {
        let token = fields["X-UploadToken"]
        let isOperator = tokens.mayDelete(fields)
        guard token != nil || isOperator else {
            return .failure(403, "X-UploadToken is missing", code: .permissionDenied)
        }
        do throws(GatewayFailure) {
            guard let object = try await engine.find(place), !object.isGone else {
                return .failure(StoreError.missing)
            }
            let seal = GatewayFacts.seal(token ?? "")
            guard
                isOperator
                    || object.facts.tokenSeal.map({ ConstantTime.equal($0, seal) }) ?? false
            else { return .failure(StoreError.wrongToken) }
            try await engine.remove(place)
            return ServerAnswer(204)
        } catch {
            return .failure(error)
        }
    }

    func adorn(_ answer: inout ServerAnswer, for head: RequestHead?) {
        browsers.adorn(&answer, for: head)
    }

    /// Uploads neither go on here nor are announced.
    private static func methods(_ route: FileRoute) -> [String] {
        guard case .object = route else { return route.methods }
        return route.methods.filter { $0 != "PATCH" && $0 != "POST" }
    }

    /// An object is read by its whole path alone.
    private static func allowed(_ route: FileRoute) -> [String] {
        if case .native = route { return ["POST"] }
        return methods(route)
    }

    private static func refusal(at route: FileRoute) -> ServerAnswer {
        guard route != .unknown else { return .failure(404, "there is nothing here") }
        var answer = ServerAnswer.failure(405, "the method does not fit this path")
        for field in allow(route) { answer.fields.append(checked: field.name, field.value) }
        return answer
    }

    private static func allow(_ route: FileRoute) -> FieldList {
        var fields = FieldList()
        fields.append("Allow", allowed(route).joined(separator: ", "))
        return fields
    }

    /// Takes what an upload needs, if there is as much; it is to be given back.
    func enterUpload() -> Bool {
        let isFree = uploads.withLock { uploads in
            guard uploads.memory + engine.uploadMemory <= Self.memoryLimit || uploads.count == 0
            else { return false }
            uploads = (uploads.count + 1, uploads.memory + engine.uploadMemory)
            return true
        }
        if isFree { tasks.enter() }
        return isFree
    }

    func leaveUpload() {
        uploads.withLock { uploads in
            uploads = (uploads.count - 1, uploads.memory - engine.uploadMemory)
        }
        tasks.leave()
    }
}

extension FileRoute {
    /// The name in `/file/{upload}/{file}/{name}`.
    static func plikName(_ target: String) -> String? {
        guard let target = try? RequestTarget(parsing: target),
            let segments = try? target.segments(), segments.count == 4
        else { return nil }
        return segments[3]
    }
}
