import BridgeBytes
import Foundation
import TestKit
import Testing

/// The rows of a JSON Lines file of the shared HTTP vectors.
struct Vector: Sendable, CustomTestStringConvertible {
    let name: String
    let input: Bytes
    let verdict: String
    let method: String
    let body: Bytes?
    let statuses: [Int]
    let connection: String?
    let closes: Bool

    var testDescription: String { name }

    static func requests() -> [Vector] { rows("http/requests.jsonl", verdict: "verdict") }
    static func responses() -> [Vector] { rows("http/responses.jsonl", verdict: "expect") }

    private static func rows(_ path: String, verdict: String) -> [Vector] {
        VectorFile.rows(path).compactMap { row in
            guard let raw = row["raw_b64"] as? String, let input = VectorFile.bytes(raw) else {
                return nil
            }
            return Vector(
                name: row["name"] as? String ?? "?", input: input,
                verdict: row[verdict] as? String ?? "?",
                method: row["method"] as? String ?? "GET",
                body: (row["body_b64"] as? String).flatMap(VectorFile.bytes),
                statuses: row["status"] as? [Int] ?? [],
                connection: row["connection"] as? String,
                closes: row["eof_after"] as? Bool ?? false)
        }
    }
}

enum VectorFile {
    static func rows(_ path: String) -> [[String: Any]] {
        guard SharedData.isPresent, let text = try? TestFile.text(SharedData.path(path)) else {
            return []
        }
        return text.split(separator: "\n").compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    static func bytes(_ base64: String) -> Bytes? {
        Data(base64Encoded: base64).map { Bytes([UInt8]($0)) }
    }
}
