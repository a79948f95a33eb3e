import BridgeBytes
import BridgeHTTP
import BridgeSockets
import HTTPWire
import TestKit
import Testing

/// Hosts with several addresses, some of which lead nowhere (failures.md C14).
@Suite(.patient) struct ConnectRaceTests {
    private func answer(
        at hosts: [(String, Int)], _ change: (inout HTTPClientOptions) -> Void = { _ in }
    ) async throws -> Result<Int, HTTPError> {
        var options = HTTPClientOptions()
        change(&options)
        let client = try HTTPClient(options)
        var request = HTTPRequest("GET", try HTTPURL("http://many.example/x"))
        request.addresses = hosts.compactMap { Address(numericHost: $0.0, port: $0.1) }
        defer { client.close() }
        do throws(HTTPError) {
            return .success(try await client.send(request).status)
        } catch {
            return .failure(error)
        }
    }

    private static func server() throws -> ScriptedServer {
        try ScriptedServer { connection, _ in
            while connection.readHead() != nil {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
    }

    /// Nobody listens there.
    private static let closed = 1

    @Test("An address that refuses costs nothing: the other family is tried")
    func refused() async throws {
        let server = try Self.server()
        let result = try await answer(at: [("::1", Self.closed), ("127.0.0.1", server.port)])
        #expect(try result.get() == 200)
        #expect(server.connectionCount == 1)
    }

    @Test("An address that swallows everything is not waited for to the end")
    func silent() async throws {
        let deaf = try DeafListener()
        let server = try Self.server()
        let result = try await answer(
            at: [("127.0.0.1", deaf.port), ("127.0.0.1", server.port)]
        ) {
            // Only another address can answer in this time.
            $0.connectTimeout = .seconds(300)
        }
        #expect(try result.get() == 200)
    }

    @Test("When none leads anywhere the last failure is told")
    func none() async throws {
        let result = try await answer(at: [("127.0.0.1", Self.closed), ("127.0.0.1", Self.closed)])
        guard case .failure(let error) = result else {
            Issue.record("there is an answer")
            return
        }
        #expect(error.reason == .connectFailed && error.detail.contains("127.0.0.1"))
    }

    @Test("The time for connecting is one for all addresses")
    func time() async throws {
        let deaf = try DeafListener()
        let result = try await answer(
            at: [("127.0.0.1", deaf.port), ("127.0.0.1", deaf.port)]
        ) {
            $0.connectTimeout = .milliseconds(400)
        }
        guard case .failure(let error) = result else {
            Issue.record("there is an answer")
            return
        }
        #expect(error.reason == .connectTimeout)
    }

    @Test("A cancellation ends every attempt")
    func cancelled() async throws {
        let deaf = try DeafListener()
        let client = try HTTPClient()
        var request = HTTPRequest("GET", try HTTPURL("http://many.example/x"))
        request.addresses = [deaf.port, deaf.port].compactMap {
            Address(numericHost: "127.0.0.1", port: $0)
        }
        let asked = request
        let task = Task { () -> HTTPError.Reason? in
            do throws(HTTPError) {
                _ = try await client.send(asked)
                return nil
            } catch {
                return error.reason
            }
        }
        task.cancel()
        #expect(await task.value == .cancelled)
        client.close()
    }
}
