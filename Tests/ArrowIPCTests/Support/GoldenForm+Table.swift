import ArrowIPC
import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import TestKit
import Testing

extension GoldenForm {
    /// Compares a table's JSON form with this one.
    func check(_ table: Table) throws(ArrowError) {
        var writer = JSONWriter()
        try ArrowJSONForm.write(table, into: &writer)
        let bytes = writer.finish()
        guard let form = try? GoldenForm(bytes) else {
            Issue.record("the form of the table is not JSON: \(String(repairing: bytes))")
            return
        }
        #expect(differences(from: form) == [])
    }
}
