/// Links with a transform.
extension ReactorLoop {
    func dispatch(
        _ events: Epoll.Events, _ link: Link, _ handler: any LinkHandler,
        _ conversion: LinkConversion
    ) {
        guard conversion.isOpen else { return open(link, handler, conversion) }
        if events.contains(.write) { conversion.flush() }
        if !events.isDisjoint(with: [.read, .broken]) {
            if link.wantsRead {
                handler.readable(link)
            } else if !events.isDisjoint(with: .broken) {
                return park(link)
            }
        }
        if events.contains(.write), !link.isClosed, link.wantsWrite, !conversion.isBlocked {
            handler.writable(link)
        }
        settle(link, conversion)
    }

    private func open(_ link: Link, _ handler: any LinkHandler, _ conversion: LinkConversion) {
        switch conversion.advance(&piece) {
        case .going: settle(link, conversion)
        case .failed(let error): link.close(error: error)
        case .done:
            conversion.isOpen = true
            conversion.deadline = nil
            handler.transformed(link)
            // The transform's last words went with the handler's first, or go now.
            if !link.isClosed { conversion.flush() }
            settle(link, conversion)
        }
    }

    /// Sees to it that a link is heard of again as its transform needs it.
    func settle(_ link: Link, _ conversion: LinkConversion) {
        if piece.isEmpty { piece = [UInt8](repeating: 0, count: LinkConversion.firstPieceSize) }
        guard !link.isClosed else { return }
        updateInterest(of: link)
        let isAwaited = conversion.isOpen ? link.wantsRead : conversion.mustAdvance
        guard conversion.mayHaveInput, isAwaited, !conversion.isNoted else { return }
        conversion.isNoted = true
        holding.append(link.id)
    }

    /// Has the handlers read that can without an event of their sockets.
    func readOn() {
        guard !holding.isEmpty else { return }
        let held = holding
        holding.removeAll(keepingCapacity: true)
        for id in held {
            guard let entry = entry(id), let conversion = entry.link.conversion else { continue }
            conversion.isNoted = false
            guard !conversion.isOpen || conversion.mayHaveInput && entry.link.wantsRead else {
                continue
            }
            dispatch(.read, entry.link, entry.handler, conversion)
        }
    }
}
