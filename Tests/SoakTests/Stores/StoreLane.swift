import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import NATSBridge
import NATSCore
import NATSWire
import TestKit

/// The two ends of one store: a bridge that sends its payloads through it, and one that receives.
struct StoreLane: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case s3, dav, gateway, objects
        /// S3 with links that live for two seconds.
        case expiring
    }

    /// How long payloads of `expiring` live.
    static let shortLife = Duration.seconds(2)
    static let longLife = Duration.seconds(3600)

    let kind: Kind
    let sender: Bridge
    let receiver: Bridge
    let lane: SoakLane
    let loop: SoakLoop

    var process: String { kind.rawValue }
    var subject: String { "soak.\(kind)" }

    init(_ kind: Kind, on stage: StoreStage) async throws {
        self.kind = kind
        sender = try await stage.bridge(kind)
        receiver = try await stage.bridge(kind)
        let bridge = sender
        let subject = try Subject("soak.\(kind)")
        lane = SoakLane(process: kind.rawValue, way: .jetStream, pause: .milliseconds(40)) {
            tag, content in
            var options = SendOptions()
            options.mode = .jetStream
            options.correlationID = tag.description
            do throws(BridgeError) {
                try await bridge.send(
                    [tag.description: .bytes(content)], to: subject, options: options)
                return .sent
            } catch {
                return SoakVerdict(error)
            }
        }
        loop = SoakLoop("of \(kind)", of: [kind.rawValue])
    }

    func close() async {
        await sender.close()
        await receiver.close()
    }
}
