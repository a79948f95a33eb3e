// `import NATSBridge` brings every name that its interface mentions: the envelope and its payloads,
// the stores and what they are reached by, the client below, and tables.
@_exported public import ArrowIPC
@_exported public import BridgeBytes
@_exported public import BridgeClaims
@_exported public import BridgeEnvelope
@_exported public import BridgeHTTP
@_exported public import BridgeJSON
@_exported public import NATSClient
