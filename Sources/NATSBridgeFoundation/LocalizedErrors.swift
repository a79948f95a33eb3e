public import ArrowIPC
public import BridgeBytes
public import BridgeClaims
public import BridgeEnvelope
public import BridgeHTTP
public import BridgeJSON
public import BridgeSockets
public import FoundationEssentials
public import HTTPWire
public import NATSBridge
public import NATSCore
public import NATSJetStream
public import NATSWire

// Foundation's `localizedDescription` says "error 1" of an error that it does not know. These say
// what the errors say of themselves: the code, the place and the sentence, without secrets.

extension ArrowError: LocalizedError {
    /// The same as `description`.
    public var errorDescription: String? { description }
}

extension FileError: LocalizedError {
    /// The same as `description`.
    public var errorDescription: String? { description }
}

extension ClaimError: LocalizedError {
    /// The same as `description`.
    public var errorDescription: String? { description }
}

extension EnvelopeError: LocalizedError {
    /// The same as `description`.
    public var errorDescription: String? { description }
}

extension FileServerError: LocalizedError {
    /// The same as `description`.
    public var errorDescription: String? { description }
}

extension HTTPError: LocalizedError {
    /// The same as `description`.
    public var errorDescription: String? { description }
}

extension JSONError: LocalizedError {
    /// The same as `description`.
    public var errorDescription: String? { description }
}

extension SocketError: LocalizedError {
    /// The same as `description`.
    public var errorDescription: String? { description }
}

extension HTTPWireError: LocalizedError {
    /// The same as `description`.
    public var errorDescription: String? { description }
}

extension BridgeError: LocalizedError {
    /// The same as `description`.
    public var errorDescription: String? { description }
}

extension NATSError: LocalizedError {
    /// The same as `description`.
    public var errorDescription: String? { description }
}

extension JetStreamError: LocalizedError {
    /// The same as `description`.
    public var errorDescription: String? { description }
}

extension ServerError: LocalizedError {
    /// The same as `description`.
    public var errorDescription: String? { description }
}

extension SubjectError: LocalizedError {
    /// The same as `description`.
    public var errorDescription: String? { description }
}

extension WireError: LocalizedError {
    /// The same as `description`.
    public var errorDescription: String? { description }
}
