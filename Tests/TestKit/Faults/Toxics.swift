/// What a bad network does to the bytes of one direction. The default does nothing.
package struct Toxics: Sendable, Equatable {
    /// How a connection ends.
    package enum Ending: Sendable, Equatable {
        /// In order, towards both sides (FIN).
        case close
        /// In order, but only towards where the bytes go: what comes back still passes until that
        /// side closes as well. So an answer to the last byte that passed is not lost.
        case halfClose
        /// At once, towards both sides (RST): what a crash or a firewall does.
        case reset
    }

    /// Every byte arrives so much later. Order is kept.
    package var latency: Duration = .zero
    /// Up to so much more, drawn anew for each read of the proxy.
    package var jitter: Duration = .zero
    /// Most bytes in a second.
    package var bytesPerSecond: Int?
    /// Most bytes of one write.
    package var sliceSize: Int?
    /// The pause after each write.
    package var sliceGap: Duration = .zero
    /// The connection ends exactly behind so many bytes, counted from when this was set.
    package var limit: Int?
    /// How it ends then.
    package var ending = Ending.close
    /// Bytes, and the end, are taken and go nowhere; the connection stays.
    package var swallows = false
    /// Nothing is read: the sender's window closes.
    package var stalls = false
    /// The end of the stream arrives so much later.
    package var closeDelay: Duration = .zero

    package init() {}

    /// Toxics from the default and a change.
    package static func with(_ change: (inout Toxics) -> Void) -> Toxics {
        var toxics = Toxics()
        change(&toxics)
        return toxics
    }
}

/// Which way bytes go through a proxy.
package enum FlowDirection: String, Sendable, CaseIterable { case toServer, toClient }
