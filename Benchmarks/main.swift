// The benchmark program's entry: what to run is the first word.
let arguments = CommandLine.arguments.dropFirst()
await BenchmarkCommand.run(Array(arguments))
