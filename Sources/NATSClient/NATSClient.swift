/// The product `NATSClient`: NATS, JetStream, key-value and object stores, and services under one
/// import, with every name that their interface mentions.
///
/// It holds no code. A module and a type of one name are a trap only for qualified names
/// (`NATSClient.Subject` looks for a member of the type), and nothing here needs one.
@_exported public import BridgeBytes
@_exported public import BridgeJSON
@_exported public import BridgeTLS
@_exported public import NATSCore
@_exported public import NATSJetStream
@_exported public import NATSKeyValue
@_exported public import NATSObjectStore
@_exported public import NATSServices
@_exported public import NATSWire
