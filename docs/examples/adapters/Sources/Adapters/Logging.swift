public import Logging
public import NATSBridge

extension LogSink {
    /// Hands events to a logger of swift-log, with the attributes of OpenTelemetry as metadata.
    /// `options.log = .logger(logger)`
    public static func logger(_ logger: Logger) -> LogSink {
        LogSink(from: LogEvent.Level(rawValue: logger.logLevel.rawValue) ?? .debug) { event in
            let level = Logger.Level(rawValue: event.level.rawValue) ?? .debug
            let metadata = event.attributes.map { ($0.name, Logger.MetadataValue.string($0.value)) }
            logger.log(
                level: level, "\(event.message)",
                metadata: Logger.Metadata(metadata) { _, last in last })
        }
    }
}
