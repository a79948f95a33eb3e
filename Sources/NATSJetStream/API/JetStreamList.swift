/// What a server lists, asked for page by page as it is wanted.
///
/// What is made or removed between two pages may be missing or come twice.
public struct JetStreamList<Element: Sendable>: AsyncSequence, Sendable {
    public typealias Failure = JetStreamError

    /// One answer of the server.
    struct Page: Sendable {
        var elements: [Element]
        /// How many there are in all.
        var total: Int
    }

    let page: @Sendable (_ offset: Int) async throws(JetStreamError) -> Page

    /// Hands out one element at a time; belongs to one task.
    public struct Iterator: AsyncIteratorProtocol {
        let page: @Sendable (_ offset: Int) async throws(JetStreamError) -> Page
        private var elements: [Element] = []
        private var position = 0
        /// Elements of the pages so far.
        private var offset = 0
        private var isOver = false

        init(_ list: JetStreamList) { page = list.page }

        /// The next element; nil at the end. Cancelling the task ends the list with the code
        /// `cancelled`.
        /// - Throws: What every call of the API may throw (see `JetStream`).
        public mutating func next() async throws(JetStreamError) -> Element? {
            try await next(isolation: #isolation)
        }

        /// The next element, on the caller's actor; nil at the end. Cancelling the task ends the
        /// list with the code `cancelled`.
        /// - Throws: As `next()`.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(JetStreamError) -> Element? {
            while position == elements.count {
                guard !isOver else { return nil }
                let page = try await page(offset)
                (elements, position) = (page.elements, 0)
                offset += elements.count
                isOver = elements.isEmpty || offset >= page.total
            }
            defer { position += 1 }
            return elements[position]
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    /// All elements at once.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: What every call of the API may throw (see `JetStream`).
    /// - Complexity: O(n) memory: a loop over the list holds one page.
    public func all() async throws(JetStreamError) -> [Element] {
        var all: [Element] = []
        for try await element in self { all.append(element) }
        return all
    }
}
