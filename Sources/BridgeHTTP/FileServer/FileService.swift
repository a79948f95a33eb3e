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
    let plik = PlikUploads()
    /// What the connections count; theirs too.
    let traffic = Traffic()
    let census = Census()
    private let base = Mutex("")

    /// Opens the store. Blocks.
    init(options: FileServerOptions) throws(SocketError) {
        self.options = options
        store = try ObjectStore(
            folder: options.directory, isDurable: options.isDurable,
            maximumBytes: options.maximumStoredBytes, calls: options.systemCalls)
    }

    /// What the URLs of answers begin with; known once a port is bound.
    var baseURL: String {
        get { base.withLock { $0 } }
        set { base.withLock { $0 = newValue } }
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
        guard route != .unknown, route.methods.contains(method) else {
            counts.count(\.others)
            // What no upload may ask for is told first, wherever it was meant to go.
            let isUpload = method == "PUT" || method == "POST"
            return .answer((isUpload ? refusal(request) : nil) ?? refusal(at: route))
        }
        switch (route, method) {
        case (.health, _), (.readiness, _), (.metrics, _):
            counts.count(\.healthChecks)
            if route == .metrics { return .answer(exposition()) }
            return route == .health ? .answer(health()) : readiness(reply)
        case (.object(let id, let name), "PUT"): return put(request, id: id, name: name, reply)
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

    private func existing(
        _ key: ObjectKey?, _ request: ServerRequest, _ reply: ServerReply
    ) -> ServerDecision {
        let method = request.head.method
        counts.count(
            method == "DELETE" ? \.deletions : method == "HEAD" ? \.inspections : \.downloads)
        guard let key else { return .answer(.failure(StoreError.missing)) }
        let fields = request.head.fields
        blocking.submit { [self] in
            reply.answer(
                method == "DELETE" ? delete(key, fields) : download(key, method, fields))
        }
        return .later
    }

    private func refusal(at route: FileRoute) -> ServerAnswer {
        guard route != .unknown else { return .failure(404, "there is nothing here") }
        var answer = ServerAnswer.failure(405, "the method does not fit this path")
        for field in allow(route) { answer.fields.append(checked: field.name, field.value) }
        return answer
    }

    private func allow(_ route: FileRoute) -> FieldList {
        var fields = FieldList()
        fields.append("Allow", route.methods.joined(separator: ", "))
        return fields
    }

    private func delete(_ key: ObjectKey, _ fields: FieldList) -> ServerAnswer {
        guard let token = fields["X-UploadToken"] else {
            return .failure(403, "X-UploadToken is missing", code: .permissionDenied)
        }
        do throws(StoreError) {
            try store.remove(key, token: token)
            return ServerAnswer(204)
        } catch { return .failure(error) }
    }
}
