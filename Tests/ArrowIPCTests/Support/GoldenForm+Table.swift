import ArrowIPC
import BridgeBytes
import BridgeEnvelope
import TestKit
import Testing

extension GoldenForm {
    /// Compares a table's JSON form with this one.
    func check(_ table: Table) throws(ArrowError) {
        let bytes = try ArrowJSONForm.text(of: table)
        guard let form = try? GoldenForm(bytes) else {
            Issue.record("the form of the table is not JSON: \(String(repairing: bytes))")
            return
        }
        #expect(differences(from: form) == [])
    }
}
