package import NATSCore
internal import NATSWire

/// Where the JetStream is that commands mean.
package enum JetStreamPlace: Sendable, Equatable {
    /// What the context says, or the server's own.
    case unsaid
    case domain(String)
    case prefix(String)

    package static let specifications: [OptionSpecification] = [
        .value(
            "--js-domain", "NAME",
            "the domain of JetStream, behind leaf nodes (else the context's)"),
        .value(
            "--js-api-prefix", "SUBJECT",
            "what the subjects of JetStream's API begin with (else the context's)"),
    ]

    init(_ arguments: ParsedArguments) throws(CommandFailure) {
        switch (arguments["--js-domain"], arguments["--js-api-prefix"]) {
        case (nil, nil): self = .unsaid
        case (let domain?, nil):
            guard !domain.contains("."), (try? Subject(domain)) != nil else {
                throw .usage("--js-domain \"\(domain)\" is no name")
            }
            self = .domain(domain)
        case (nil, let prefix?):
            do throws(SubjectError) { _ = try Subject(prefix) } catch {
                throw .usage("--js-api-prefix \"\(prefix)\": \(error)")
            }
            self = .prefix(prefix)
        default: throw .usage("--js-domain and --js-api-prefix contradict each other")
        }
    }

    /// Has a client mean it, whatever its context says.
    package func apply(to options: inout NATSClientOptions) {
        switch self {
        case .unsaid: return
        case .domain(let domain):
            (options.jetStreamDomain, options.jetStreamAPIPrefix) = (domain, nil)
        case .prefix(let prefix):
            (options.jetStreamDomain, options.jetStreamAPIPrefix) = (nil, prefix)
        }
    }
}
