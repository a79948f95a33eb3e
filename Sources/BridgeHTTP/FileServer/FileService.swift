internal import BridgeBytes
internal import BridgeSockets
internal import HTTPWire
internal import Synchronization

/// The file server as a function of requests; see `FileRoute` for what it answers.
final class FileService: HTTPService {
    let options: FileServerOptions
    let store: ObjectStore
    let blocking = BlockingWork()
    let counts = RequestCounts()
    /// Uploads whose links are out before their bytes.
    let arrivals = Arrivals()
    /// What is in memory and due to be written.
    let debts = DueDebts()
    /// When an upload that found no room had what is expired go, on `MonotonicClock`.
    let lastPressure = Mutex<Duration?>(nil)
    let connectionLimits: ConnectionTable.Limits
    /// What the connections count; theirs too.
    let traffic = Traffic()
    let census = Census()
    private let nameTable = Mutex<LinkNames?>(nil)
    private let browsers: BrowserAccess
    let tokens: AccessTokens
    let seals: LinkSeals
    private let connections = Mutex<ConnectionTable?>(nil)

    /// Opens the store. Blocks.
    init(options: FileServerOptions) throws(SocketError) {
        self.options = options
        browsers = BrowserAccess(
            origins: Set(options.browserOrigins.compactMap(BrowserAccess.normalized)))
        tokens = AccessTokens(upload: options.uploadToken, delete: options.deleteToken)
        let budget = DescriptorBudget(
            limit: DescriptorLimit.current, wanted: options.maximumConnections)
        connectionLimits = ConnectionTable.Limits(
            total: budget.connections,
            perAddress: options.maximumConnectionsPerAddress
                ?? budget.connections - budget.connections / 8,
            refusals: budget.refusals)
        store = try ObjectStore(
            ObjectStore.Settings(
                folder: options.directory, isDurable: options.isDurable,
                quotas: options.quotas, maximumUploads: budget.uploads,
                memory: options.memory, calls: options.systemCalls))
        seals = LinkSeals(
            options.linkSigning, keys: options.linkKeys, life: options.linkTimeToLive,
            own: store.secret)
    }

    /// Who is connected, once anybody can be.
    var table: ConnectionTable? {
        get { connections.withLock { $0 } }
        set { connections.withLock { $0 = newValue } }
    }

    /// By which name links lead here; known once a port is bound.
    var names: LinkNames? {
        get { nameTable.withLock { $0 } }
        set { nameTable.withLock { $0 = newValue } }
    }

    /// Milliseconds since 1970.
    var now: Int64 { options.now().milliseconds }

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
            return .answer(
                .failure(error.status, error.message, code: error.code))
        }
        if let answer = browsers.preflight(request.head) {
            counts.count(\.others)
            return .answer(answer)
        }
        guard route != .unknown, route.methods.contains(method) else {
            counts.count(\.others)
            // What no upload may ask for is told first, wherever it was meant to go.
            let isUpload = method == "PUT" || method == "POST"
            return .answer((isUpload ? options.refusal(of: request) : nil) ?? refusal(at: route))
        }
        if let answer = refusal(request, at: route) { return .answer(answer) }
        switch (route, method) {
        case (.health, _), (.readiness, _), (.metrics, _):
            counts.count(\.healthChecks)
            if route == .metrics { return .answer(exposition()) }
            return route == .health ? .answer(health()) : readiness(reply)
        case (.object(let id, let name), "PUT"): return put(request, id: id, name: name, reply)
        case (.object(let id, _), "PATCH"): return resume(request, id: id, reply)
        case (.object(let id, let name), "POST"):
            return announce(request, id: id, name: name, reply)
        case (.native(let name), "POST"): return post(request, name: name, reply)
        case (.plikCreate, _): return createPlikUpload(request)
        case (.plikAdd(let upload), _): return addPlikFile(request, upload: upload, reply)
        case (.object(let id, _), _), (.native(let id), _):
            return existing(ObjectKey(native: id), request, reply)
        case (.plikFile(let upload, let file), _):
            return existing(ObjectKey(upload: upload, file: file), request, reply)
        case (.server, _), (.unknown, _):
            counts.count(\.others)
            return .answer(ServerAnswer(204, fields: allow(route)))
        }
    }

    /// Why a request may not upload. What adds to an upload of Plik shows that upload's own token,
    /// which nobody gets without this one.
    private func refusal(_ request: ServerRequest, at route: FileRoute) -> ServerAnswer? {
        switch (route, request.head.method) {
        case (.object, "PUT"), (.object, "PATCH"), (.object, "POST"), (.native, "POST"),
            (.plikCreate, _):
            let refusal = tokens.refusal(of: request.head.fields)
            if refusal != nil {
                counts.count(\.others)
                counts.count(refusal: "token")
            }
            return refusal
        default: return nil
        }
    }

    private func existing(
        _ key: ObjectKey?, _ request: ServerRequest, _ reply: ServerReply
    ) -> ServerDecision {
        let method = request.head.method
        counts.count(
            method == "DELETE" ? \.deletions : method == "HEAD" ? \.inspections : \.downloads)
        guard let key else { return .answer(.failure(StoreError.missing)) }
        let head = request.head
        guard method != "DELETE" else {
            let isTakenBack = arrivals[key].map { takeBack($0, head.fields) } ?? false
            blocking.submit { [self] in
                // It may have been stored at the same moment.
                let answer = delete(key, head.fields)
                reply.answer(
                    isTakenBack && answer.status == 404 ? ServerAnswer(204) : answer)
            }
            return .later
        }
        let verdict = seals.judge(key, head, now: now)
        if case .refused(let answer) = verdict {
            counts.count(refusal: "signature")
            return .answer(answer)
        }
        if let arrival = arrivals[key] {
            return arriving(arrival, head, onlyToOwner: verdict.wantsToken, reply)
        }
        if !verdict.wantsToken, let answer = hotDownload(key, head) { return .answer(answer) }
        blocking.submit { [self] in
            reply.answer(download(key, head, onlyToOwner: verdict.wantsToken))
        }
        return .later
    }

    func adorn(_ answer: inout ServerAnswer, for head: RequestHead?) {
        browsers.adorn(&answer, for: head)
    }

    private func refusal(at route: FileRoute) -> ServerAnswer {
        guard route != .unknown else { return .failure(404, "there is nothing here") }
        var answer = ServerAnswer.failure(405, "the method does not fit this path")
        for field in allow(route) { answer.fields.append(checked: field.name, field.value) }
        return answer
    }

    private func allow(_ route: FileRoute) -> FieldList {
        var fields = FieldList()
        fields.append("Allow", route.allowed.joined(separator: ", "))
        return fields
    }

    func delete(_ key: ObjectKey, _ fields: FieldList) -> ServerAnswer {
        let token = fields["X-UploadToken"]
        let isOperator = tokens.mayDelete(fields)
        guard token != nil || isOperator else {
            return .failure(403, "X-UploadToken is missing", code: .permissionDenied)
        }
        do throws(StoreError) {
            if isOperator {
                guard try store.take(key) else { throw .missing }
            } else {
                try store.remove(key, token: token ?? "")
            }
            return ServerAnswer(204)
        } catch {
            if error == .damaged { foundUnreadable(key) }
            if error == .missing, let token, store.removePart(key, token: token) {
                return ServerAnswer(204)
            }
            return .failure(error)
        }
    }

    /// Why an upload is refused, counted.
    func refusal(_ error: StoreError) -> ServerAnswer {
        switch error {
        case .quota(let scope): counts.count(refusal: scope.rawValue)
        case .full: counts.count(refusal: "disk")
        case .busy: counts.count(refusal: "busy")
        case .wrongDigest: counts.count(refusal: "digest")
        default: break
        }
        return .failure(error)
    }
}
