internal import Glibc

/// A shared library that the loader opened for this process, for good.
///
/// Sound: the handle is opened once and never closed, so that neither it nor a symbol that was
/// found by it ever dangles; the loader's functions may be called on any thread.
@safe struct LibraryHandle: @unchecked Sendable {
    /// The name or path that the loader took.
    let name: String
    private let handle: UnsafeMutableRawPointer

    /// Opens the first of the names that the loader finds.
    /// - Throws: `TLSError` with `libraryMissing`, the names and the loader's words.
    init(firstOf names: [String]) throws(TLSError) {
        var words: [String] = []
        for name in names {
            // Immediate and local: a missing symbol shows itself here, and another version of the
            // library that something else in the process uses keeps its own symbols.
            if let handle = unsafe dlopen(name, RTLD_NOW | RTLD_LOCAL) {
                self.name = name
                unsafe self.handle = handle
                return
            }
            // Sound: the loader's text is the calling thread's, and is copied before the next call.
            words.append(unsafe dlerror().map { unsafe String(cString: $0) } ?? name)
        }
        throw TLSError(
            .libraryMissing, .load, place: names.first ?? "",
            "OpenSSL 3 cannot be loaded: " + words.joined(separator: "; "))
    }

    /// The address of a symbol, also of one in a library that this one is bound to.
    @unsafe func symbol(_ name: String) -> UnsafeMutableRawPointer? { unsafe dlsym(handle, name) }

    /// Stands for a symbol that is not there, in a table that is thrown away.
    @unsafe var placeholder: UnsafeMutableRawPointer { unsafe handle }
}

/// Looks functions up, and notes the ones that are missing.
struct SymbolTable {
    private let library: LibraryHandle
    private(set) var missing: [String] = []

    init(_ library: LibraryHandle) { self.library = library }

    /// The function of that name, as a C function of the wanted type.
    ///
    /// Sound: the type is the one that the manual of OpenSSL 3 gives, and version 3 of the library
    /// keeps its binary interface. A name that is missing gets an address that is never called:
    /// `OpenSSL.load` throws the table away when there is one.
    @unsafe mutating func find<Function>(_ name: String) -> Function {
        let symbol = unsafe library.symbol(name)
        if unsafe symbol == nil { missing.append(name) }
        return unsafe unsafeBitCast(symbol ?? library.placeholder, to: Function.self)
    }

    /// A function that is done without where the library has none, or has one no longer.
    ///
    /// Sound: a symbol is a C function, and `Function` is the type that the headers of OpenSSL 3
    /// give the name, as with `find`; without a symbol nothing is cast.
    @unsafe func findIfPresent<Function>(_ name: String) -> Function? {
        unsafe library.symbol(name).map { unsafe unsafeBitCast($0, to: Function.self) }
    }
}
