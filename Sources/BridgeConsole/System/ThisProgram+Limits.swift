internal import BridgeSockets

extension ThisProgram {
    /// Lets this process open as many files and connections as the system permits it.
    package static func raiseDescriptorLimit() { DescriptorLimit.raise() }
}
