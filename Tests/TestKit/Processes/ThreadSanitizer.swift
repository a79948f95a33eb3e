internal import Foundation

/// Whether the tests and the program run under the thread sanitizer. It takes terabytes of
/// addresses, tens of times the time, and has nothing to find in one thread.
package let isThreadSanitized =
    ProcessInfo.processInfo.environment["NATSBRIDGE_THREAD_SANITIZER"] != nil
