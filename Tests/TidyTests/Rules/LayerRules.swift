/// Which module may import which, and at what access level it says so.
///
/// SwiftPM lets a target import what its dependencies depend on, so only this test holds the
/// layers. A change of this table is a change of the architecture: docs/architecture.md says why.
enum LayerRules {
    /// Own modules that a target of Sources may import. `BridgeBytes` is everybody's.
    static let layers: [String: Set<String>] = [
        "BridgeBytes": [],
        "BridgeJSON": [],
        "NATSWire": ["BridgeJSON"],
        "HTTPWire": [],
        "ArrowIPC": [],
        "BridgeSockets": ["CLinux"],
        "BridgeTLS": [],
        "NATSCore": ["NATSWire", "HTTPWire", "BridgeSockets", "BridgeTLS", "BridgeJSON"],
        "BridgeHTTP": ["HTTPWire", "BridgeSockets", "BridgeTLS", "BridgeJSON", "CZlib"],
        "BridgeEnvelope": ["BridgeJSON", "ArrowIPC"],
        "NATSJetStream": ["NATSCore", "NATSWire", "BridgeJSON"],
        "NATSKeyValue": ["NATSJetStream", "NATSCore", "NATSWire", "BridgeJSON"],
        "NATSObjectStore": [
            "NATSJetStream", "NATSCore", "NATSWire", "BridgeSockets", "BridgeJSON",
        ],
        "NATSServices": ["NATSCore", "NATSWire", "BridgeSockets", "BridgeJSON"],
        "NATSClient": [
            "NATSCore", "NATSJetStream", "NATSKeyValue", "NATSObjectStore", "NATSServices",
            "NATSWire", "BridgeTLS", "BridgeJSON",
        ],
        "BridgeClaims": ["BridgeHTTP", "BridgeSockets", "HTTPWire", "BridgeJSON"],
        "NATSBridge": [
            "BridgeEnvelope", "BridgeClaims", "BridgeSockets", "NATSClient", "NATSCore",
            "NATSJetStream", "NATSObjectStore", "NATSServices",
            "NATSWire", "HTTPWire", "BridgeHTTP", "BridgeJSON", "ArrowIPC",
        ],
        "NATSBridgeFoundation": [
            "NATSBridge", "BridgeClaims", "BridgeEnvelope", "BridgeHTTP", "BridgeSockets",
            "HTTPWire", "NATSCore", "NATSJetStream", "NATSWire", "ArrowIPC", "BridgeJSON",
        ],
        "BridgeConsole": [
            "NATSBridge", "BridgeEnvelope", "BridgeClaims", "BridgeHTTP", "BridgeSockets",
            "HTTPWire", "NATSCore", "NATSJetStream", "NATSKeyValue", "NATSObjectStore",
            "NATSServices", "NATSWire", "BridgeTLS", "BridgeJSON", "ArrowIPC",
        ],
        "BridgeDemo": [
            "BridgeConsole", "NATSBridge", "BridgeEnvelope", "BridgeClaims", "BridgeSockets",
            "NATSCore", "NATSJetStream", "NATSWire", "BridgeHTTP", "HTTPWire", "BridgeJSON",
            "ArrowIPC",
        ],
        "BridgeCommand": [
            "BridgeConsole", "BridgeDemo",
            "NATSBridge", "BridgeEnvelope", "BridgeClaims", "NATSCore", "NATSJetStream",
            "NATSKeyValue", "NATSObjectStore",
            "NATSWire", "BridgeHTTP", "HTTPWire", "BridgeJSON", "ArrowIPC",
        ],
    ]

    /// Targets that do no I/O: not even the system's own modules, except where named here.
    static let pure: Set<String> = [
        "BridgeJSON", "NATSWire", "HTTPWire", "ArrowIPC", "BridgeEnvelope",
    ]

    /// The command line, and the overlay for whoever uses Foundation beside the bridge.
    static let usersOfFoundation: Set<String> = [
        "BridgeConsole", "BridgeDemo", "BridgeCommand", "NATSBridgeFoundation",
    ]

    /// The folders of code that no library is built from.
    static let free: Set<String> = [
        "Benchmarks", "Tests", "BridgeConsole", "BridgeDemo", "BridgeCommand",
    ]

    static func check(_ file: SourceFile) -> [Finding] {
        guard file.isSwift, let target = file.target else { return [] }
        var findings: [Finding] = []
        for (index, code) in file.code.enumerated() {
            guard let (level, module) = importParts(code) else { continue }
            let line = index + 1
            if code.contains("@testable") {
                findings.append(
                    Finding(file, line: line, "no @testable: give the symbol package access"))
            }
            guard file.isUnder("Sources") else { continue }
            if level == nil {
                findings.append(
                    Finding(
                        file, line: line,
                        "an import says its level: internal, package or public import \(module)"))
            }
            if let reason = objection(module, in: target) {
                findings.append(Finding(file, line: line, reason))
            }
        }
        return findings
    }

    /// Why the target must not import the module; nil when it may.
    static func objection(_ module: String, in target: String) -> String? {
        guard let allowed = layers[target] else {
            return "target \(target) is missing in the table of LayerRules.swift"
        }
        switch module {
        case target: return nil
        case "BridgeBytes": return nil
        case _ where layers.keys.contains(module) || ["CLinux", "CZlib"].contains(module):
            let names = (allowed.sorted() + ["BridgeBytes"]).joined(separator: ", ")
            return allowed.contains(module)
                ? nil : "\(target) must not import \(module); its layer has \(names)"
        case "Glibc", "Synchronization":
            return pure.contains(target)
                ? "\(target) is pure: take the value as an argument instead of \(module)" : nil
        case "Foundation", "FoundationEssentials", "Dispatch":
            return usersOfFoundation.contains(target)
                ? nil : "\(target) has no \(module): Glibc, or our own code"
        default: return "\(module) is not a module of this project"
        }
    }

    /// The level and the module of an import line; nil for other lines.
    static func importParts(_ code: String) -> (level: String?, module: String)? {
        guard code.holds("import") else { return nil }
        var words = code.split(separator: " ").map(String.init)
        while let first = words.first, first.hasPrefix("@") { words.removeFirst() }
        let levels = ["public", "package", "internal", "fileprivate", "private"]
        let level = words.first.flatMap { levels.contains($0) ? $0 : nil }
        if level != nil { words.removeFirst() }
        guard words.first == "import", words.count >= 2 else { return nil }
        let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
        return (level, name.split(separator: ".").first.map(String.init) ?? name)
    }

    /// Whether Package.swift gives each layer no more than the table does.
    static func checkManifest(_ file: SourceFile) -> [Finding] {
        var findings: [Finding] = []
        for (line, names) in layerCalls(file) {
            guard let target = names.first else { continue }
            for module in names.dropFirst() {
                guard let reason = objection(module, in: target) else { continue }
                findings.append(Finding(file, line: line, reason))
            }
        }
        return findings
    }

    /// The arguments of each call of `layer(…)` in the manifest, with the line of the call.
    private static func layerCalls(_ file: SourceFile) -> [(Int, [String])] {
        var calls: [(Int, [String])] = []
        var open = false
        for (index, line) in file.lines.enumerated() where !file.code[index].contains("func ") {
            if file.code[index].contains("layer(") {
                calls.append((index + 1, []))
                open = true
            }
            guard open, let last = calls.indices.last else { continue }
            let pieces = line.split(separator: "\"", omittingEmptySubsequences: false)
            calls[last].1 += stride(from: 1, to: pieces.count, by: 2).map { String(pieces[$0]) }
            if file.code[index].contains(")") { open = false }
        }
        return calls
    }
}
