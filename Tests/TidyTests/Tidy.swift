/// The house rules, as a function from the committed files to what is wrong with them.
enum Tidy {
    static func check(_ files: [SourceFile]) -> [Finding] {
        var findings: [Finding] = []
        let requirements = DocumentationRules.requirements(of: files)
        for file in files {
            if file.path == "Package.swift" {
                findings += LayerRules.checkManifest(file)
            }
            guard !file.isUnder("Fixtures") else { continue }
            findings += LayerRules.check(file)
            findings += SizeRules.check(file)
            findings += WordRules.check(file)
            findings += UnprovenRules.checkUnsafe(file)
            findings += DocumentationRules.check(file, requirements: requirements)
        }
        return findings + TestRules.check(files) + UseRules.check(files)
            + PromiseRules.check(files, requirements: requirements)
            + NameRules.check(files)
    }
}
