// `import NATSBridgeFoundation` brings every name that its interface mentions.
@_exported public import NATSBridge
