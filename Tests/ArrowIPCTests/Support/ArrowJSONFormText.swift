import ArrowIPC
import BridgeEnvelope

/// The JSON form of a table as text.
enum ArrowJSONFormText {
    static func of(_ table: Table) throws -> String {
        String(repairing: try ArrowJSONForm.text(of: table))
    }
}
