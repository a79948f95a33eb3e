// `import BridgeHTTP` brings every name that its interface mentions.
@_exported public import BridgeBytes
@_exported public import BridgeTLS
@_exported public import HTTPWire
