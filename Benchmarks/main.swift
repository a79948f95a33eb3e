import Glibc

// The benchmark program's entry: what to run is in the words of the command line.
exit(await BenchmarkCommand.run(Array(CommandLine.arguments.dropFirst())))
