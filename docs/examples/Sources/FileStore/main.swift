// A file server inside a program of one's own: files live for a while and go by themselves.
//
//     FileStore FOLDER
import BridgeHTTP
import ExampleKit

var options = FileServerOptions(directory: CommandLine.arguments[1])
options.timeToLive = .seconds(600)
options.maximumStoredBytes = 1 << 30
let server = try await FileServer.start(options)

// Any HTTP client can put a file and get it back.
let client = try HTTPClient()
let place = try HTTPURL(server.baseURL + "/f/0123456789abcdef0123456789abcdef/hello.txt")
let stored = try await client.send(
    HTTPRequest("PUT", place), body: .segments([Bytes(utf8: "Hello!")]))
check(stored.status == 201, "the file was not taken: \(stored.status)")
let answer = try await client.send(HTTPRequest("GET", place))
let content = String(validating: try await answer.collect(limit: 1 << 20))
check(content == "Hello!", "another content: \(content ?? "none")")
check(answer.fields["Expires-At"] != nil, "nobody says when it goes")

let scrape = try await client.send(HTTPRequest("GET", HTTPURL(server.baseURL + "/metrics")))
let metrics = String(validating: try await scrape.collect(limit: 1 << 20)) ?? ""
check(metrics.contains("\nnatsbridge_server_files 1\n"), metrics)
client.close()

let (terminated, terminate) = AsyncStream.makeStream(of: Void.self)
let listening = await onTermination { terminate.finish() }
say("ready \(server.baseURL)")
for await _ in terminated {}
withExtendedLifetime(listening) {}
await server.stop()  // no upload is left half done
say("\(server.counters.filesStored) files were stored")
