/// How the descriptors of the process are shared out, so that answers never want for one.
///
/// Each connection has one, and may have one more for the file that comes or goes through it. So
/// there are never more connections than could all have a file; and uploads, which may take their
/// time, get three quarters of them at most, so that others are still answered.
package struct DescriptorBudget: Sendable, Hashable {
    /// For what is open beside connections and their files: the server's own, and the program's.
    static let reserve = 64
    /// For connections that are told that there are too many.
    static let refusals = 32

    package let connections: Int
    package let refusals: Int
    package let uploads: Int

    /// - Parameters:
    ///   - limit: Descriptors that the process may have.
    ///   - wanted: Connections that the options ask for.
    package init(limit: Int, wanted: Int) {
        let free = limit - min(Self.reserve, limit / 2)
        refusals = max(1, min(Self.refusals, free / 8))
        connections = max(1, min(wanted, (free - refusals) / 2))
        uploads = max(1, connections - connections / 4)
    }
}
