package import BridgeBytes

/// A line of the standard output that comes in pieces, and the remarks that wait for its end
/// because both outputs are one.
///
/// A reader that takes no more keeps the line open for as long as it likes, and remarks go on
/// coming: so what waits is bounded, and what found no room is told of by number.
package struct OpenLine {
    /// How many bytes of remarks wait at most.
    package static let maximumWaitingBytes = 1 << 20

    package private(set) var isOpen = false
    private var waiting: [Bytes] = []
    private var waitingBytes = 0
    private var leftOut = 0

    /// No line is open.
    package init() {}

    /// Opens the line; nothing changes when it is open already.
    package mutating func open() { isOpen = true }

    /// Keeps a remark until the line ends, if there is room.
    package mutating func hold(_ remark: Bytes) {
        guard remark.count <= Self.maximumWaitingBytes - waitingBytes else {
            leftOut += 1
            return
        }
        waiting.append(remark)
        waitingBytes += remark.count
    }

    /// Ends the line. Returns what waited for that, in its order.
    package mutating func end() -> [Bytes] {
        var remarks = waiting
        if leftOut > 0 {
            remarks.append(
                Bytes(
                    utf8: "natsbridge: \(leftOut) further remark\(leftOut == 1 ? "" : "s") "
                        + "came while a line was being printed, and found no room\n"))
        }
        self = OpenLine()
        return remarks
    }
}
