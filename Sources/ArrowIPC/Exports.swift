// `import ArrowIPC` brings every name that its interface mentions.
@_exported public import BridgeBytes
