import Glibc
import MessagingBenchmarks

// The messaging workloads in a program that has the NATS client and nothing else in it, as the
// peers' programs have: what it takes of memory, and of the disk, is the client's.
var arguments = Array(CommandLine.arguments.dropFirst())
let place = MessagingCommand.place(&arguments)
do {
    guard try await MessagingCommand.run(arguments, at: place) else {
        for words in MessagingCommand.usage { print("usage: natsclient-bench \(words)") }
        print(MessagingCommand.notes)
        exit(2)
    }
} catch {
    print("{\"error\":\"\(error)\"}")
    exit(1)
}
