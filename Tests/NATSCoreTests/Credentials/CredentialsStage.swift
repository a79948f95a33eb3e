import BridgeBytes
import BridgeSockets
import Foundation
import NATSCore
import NATSWire
import TestKit

/// What the tests of credentials have in common.
enum CredentialsStage {
    static func options(_ url: String, _ credentials: NATSCredentials) -> NATSClientOptions {
        var options = NATSClientOptions(servers: [url], credentials: credentials)
        options.reconnectWait = .milliseconds(20)
        options.reconnectJitter = .zero
        // What is slow here is the machine, and not what is called.
        options.connectTimeout = patience
        return options
    }

    /// Connects, has the server take something, and closes.
    static func connect(_ url: String, _ credentials: NATSCredentials) async throws {
        let client = try await NATSClient.connect(options(url, credentials))
        try await client.flush()
        await client.close()
    }

    /// A client of a user whose time ends soon: on a busy machine it may end before it began.
    static func connect(
        _ options: NATSClientOptions, renew: () throws -> Void
    ) async throws -> NATSClient {
        while true {
            try renew()
            do {
                return try await NATSClient.connect(options)
            } catch {
                guard [.credentialsExpired, .authorizationFailed].contains(error.code) else {
                    throw error
                }
            }
        }
    }

    /// Why there is no connection; nil when there is one.
    static func failure(_ options: NATSClientOptions) async -> NATSError? {
        do throws(NATSError) {
            await (try await NATSClient.connect(options)).close()
            return nil
        } catch {
            return error
        }
    }

    /// Seconds since 1970, so many from now.
    static func seconds(fromNow seconds: Int64) -> Int64 { WallClock.now.seconds + seconds }

    /// A trace with its payloads as the text that they are.
    static func decoded(_ trace: String) -> String {
        trace.split(separator: "\"", omittingEmptySubsequences: false).map { part in
            guard part.count > 20, let data = Data(base64Encoded: String(part)) else {
                return String(part)
            }
            return String(repairing: Bytes([UInt8](data)))
        }.joined(separator: "\"")
    }

    /// A connection to a server inside the process.
    static func dialedServer() throws -> DialedSocket {
        var ends: (Int32, Int32) = (-1, -1)
        // Sound: a tuple of two equal integers lies in memory as an array of two.
        let status = unsafe withUnsafeMutablePointer(to: &ends) { pointer in
            unsafe pointer.withMemoryRebound(to: Int32.self, capacity: 2) {
                unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, $0)
            }
        }
        guard status == 0 else { throw FixtureError("socketpair: errno \(errno)") }
        let peer = ScriptedConnection(ends.1)
        let thread = Thread {
            guard peer.acceptNATS() != nil else { return }
            peer.serveNATS()
        }
        thread.start()
        return DialedSocket(owning: ends.0)
    }

    /// A server that takes connections and says that it has a nonce to sign, or none.
    static func silentServer(nonce: String? = nil) throws -> ScriptedServer {
        try ScriptedServer { connection, _ in
            _ = connection.acceptNATS(info: nonce.map { "\"nonce\":\"\($0)\"" } ?? "")
            connection.serveNATS()
        }
    }
}
