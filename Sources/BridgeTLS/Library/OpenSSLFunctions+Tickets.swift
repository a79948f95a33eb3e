/// Sessions that outlive their connection. Sound to look up: the types are the manual's.
@unsafe struct TicketFunctions: Sendable {
    typealias SetData =
        @convention(c) @Sendable (OpaquePointer?, Int32, UnsafeMutableRawPointer?) -> Int32
    typealias Data =
        @convention(c) @Sendable (OpaquePointer?, Int32) -> UnsafeMutableRawPointer?
    typealias Use = @convention(c) @Sendable (OpaquePointer?, OpaquePointer?) -> Int32
    typealias Check = @convention(c) @Sendable (OpaquePointer?) -> Int32
    typealias Part = @convention(c) @Sendable (OpaquePointer?) -> OpaquePointer?
    typealias Free = @convention(c) @Sendable (OpaquePointer?) -> Void

    /// What a connection is known by here (`SSL_set_app_data` is this with the index 0).
    let setData: SetData
    let data: Data
    /// Has a connection that has not begun take a session up.
    let use: Use
    let wasUsed: Check
    let copy: Part
    let isResumable: Check
    let version: Check
    let certificate: Part
    /// When a certificate ends, and how that lies to now: 1 later, -1 earlier, 0 unreadable.
    let end: Part
    let compareWithNow: Check
    let free: Free

    init(_ symbols: inout SymbolTable) {
        unsafe setData = symbols.find("SSL_set_ex_data")
        unsafe data = symbols.find("SSL_get_ex_data")
        unsafe use = symbols.find("SSL_set_session")
        unsafe wasUsed = symbols.find("SSL_session_reused")
        unsafe copy = symbols.find("SSL_SESSION_dup")
        unsafe isResumable = symbols.find("SSL_SESSION_is_resumable")
        unsafe version = symbols.find("SSL_SESSION_get_protocol_version")
        unsafe certificate = symbols.find("SSL_SESSION_get0_peer")
        unsafe end = symbols.find("X509_get0_notAfter")
        unsafe compareWithNow = symbols.find("X509_cmp_current_time")
        unsafe free = symbols.find("SSL_SESSION_free")
    }
}
