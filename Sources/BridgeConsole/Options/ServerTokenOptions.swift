internal import BridgeSockets

/// What a file server wants of those who upload, and of those who delete what others have uploaded.
package struct ServerTokenOptions: Sendable, Equatable {
    private static let uploadVariable = "NATSBRIDGE_UPLOAD_TOKEN"
    private static let deleteVariable = "NATSBRIDGE_DELETE_TOKEN"

    package static let specifications: [OptionSpecification] = [
        .value("--upload-token", "TEXT", "what uploads must bring (else \(uploadVariable))"),
        .value(
            "--delete-token", "TEXT", "with what any file may be deleted (else \(deleteVariable))"),
    ]

    /// A secret; nil: everybody may upload.
    package let upload: String?
    /// A secret; nil: only who has uploaded may delete.
    package let delete: String?

    package init(
        _ arguments: ParsedArguments, environment: (String) -> String? = ProcessEnvironment.value
    ) {
        upload = arguments["--upload-token"] ?? environment(Self.uploadVariable)
        delete = arguments["--delete-token"] ?? environment(Self.deleteVariable)
    }
}
