/// How any thread reaches a link whose handler is of a known type.
package struct HandlerHandle<Handler: LinkHandler & SendableMetatype>: Sendable {
    private let link: LinkHandle

    init(_ link: LinkHandle) { self.link = link }

    /// Runs `work` with the handler on the reactor's thread, or `orElse` when the link is gone.
    package func perform(
        _ work: @escaping @Sendable (Handler, Link) -> Void,
        orElse: (@Sendable () -> Void)? = nil
    ) {
        link.perform(
            { handler, link in
                // Never reached: a link keeps the handler that was made for it, and those who can
                // call `handle(for:)` name that one's type.
                guard let handler = handler as? Handler else {
                    preconditionFailure("the handler of this link is no \(Handler.self)")
                }
                work(handler, link)
            }, orElse: orElse)
    }
}

extension Link {
    /// How other threads reach this link and its handler, which is of this type: a link is only
    /// ever given to its handler, which names itself, and to the closure that makes the handler,
    /// which names what it makes.
    package func handle<Handler: LinkHandler & SendableMetatype>(for handler: Handler.Type)
        -> HandlerHandle<Handler>
    {
        HandlerHandle(handle)
    }
}
