internal import HTTPWire

/// The digests that a sender states of what it uploads: `Repr-Digest` and `Content-Digest`, which
/// are the same here, as no coding is undone.
struct StatedDigests: Sendable, Hashable {
    private var sha256: Set<String> = []

    init() {}

    /// Nil when a field cannot be read.
    init?(_ fields: FieldList) {
        for name in ["Repr-Digest", "Content-Digest"] {
            guard let field = DigestField(fields.listElements(name)) else { return nil }
            if let digest = field.sha256 { sha256.insert(digest) }
        }
    }

    /// Whether nothing is stated that could be compared.
    var isEmpty: Bool { sha256.isEmpty }

    /// Whether a digest is the one that was stated, wherever it was.
    func agree(with digest: String) -> Bool { sha256.allSatisfy { $0 == digest } }
}

extension ServerAnswer {
    static var malformedDigest: ServerAnswer {
        .failure(400, "a field with a digest cannot be read", code: .invalidFieldValue)
    }
}
