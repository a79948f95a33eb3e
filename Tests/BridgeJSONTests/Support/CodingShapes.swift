import BridgeBytes
import BridgeJSON
import TestKit

/// Types that go through every container of `Codable`, in the ways in which people write them.
enum CodingShapes {
    struct Point: Codable, Hashable {
        var x = 0.0
        var y = 0.0
        var name: String?
    }

    enum Colour: String, Codable, CaseIterable {
        case red
        case green = "grün"
        case blue
    }

    enum Figure: Codable, Hashable {
        case nothing
        case circle(radius: Double)
        case lines([Point], closed: Bool)
        indirect case group([Figure])
    }

    struct Widths: Codable, Hashable {
        var a: Int8, b: Int16, c: Int32, d: Int64, e: Int
        var f: UInt8, g: UInt16, h: UInt32, i: UInt64, j: UInt
        var k: Float, l: Double, m: Bool

        static let least = Widths(
            a: .min, b: .min, c: .min, d: .min, e: .min, f: 0, g: 0, h: 0, i: 0, j: 0, k: -0.1,
            l: -.greatestFiniteMagnitude, m: false)
        static let greatest = Widths(
            a: .max, b: .max, c: .max, d: .max, e: .max, f: .max, g: .max, h: .max, i: .max,
            j: .max, k: .greatestFiniteMagnitude, l: .leastNonzeroMagnitude, m: true)
    }

    struct Tree: Codable, Hashable {
        var colour: Colour
        var numbers: [Int?]
        var lists: [[String]?]
        var byName: [String: Point]
        var byNumber: [Int: Colour]
        var byColour: [Colour: Int]
        var figures: Set<Figure>
        var range: Range<Int>
        var branches: [Tree]
        var leaf: Leaf?

        struct Leaf: Codable, Hashable {}

        static func random(_ generator: inout SeededGenerator, depth: Int = 2) -> Tree {
            func many<T>(_ make: (inout SeededGenerator) -> T) -> [T] {
                let count = Int.random(in: 0...3, using: &generator)
                return (0..<count).map { _ in make(&generator) }
            }
            func text(_ generator: inout SeededGenerator) -> String {
                let letters = ["a", "\"", "\\", "/", "\n", "\u{7F}", "é", "😀", "\u{0}", "."]
                let count = Int.random(in: 0...6, using: &generator)
                return (0..<count).map { _ in letters.randomElement(using: &generator) ?? "" }
                    .joined()
            }
            func point(_ generator: inout SeededGenerator) -> Point {
                Point(
                    x: Double.random(in: -1e9...1e9, using: &generator), y: 0.5,
                    name: Bool.random(using: &generator) ? text(&generator) : nil)
            }
            func colour(_ generator: inout SeededGenerator) -> Colour {
                Colour.allCases.randomElement(using: &generator) ?? .red
            }
            func figure(_ generator: inout SeededGenerator) -> Figure {
                switch Int.random(in: 0...3, using: &generator) {
                case 0: .nothing
                case 1: .circle(radius: 0.1)
                case 2: .lines([point(&generator)], closed: true)
                default: .group([.nothing, .lines([], closed: false)])
                }
            }
            let names = Dictionary(
                many { (text(&$0), point(&$0)) }, uniquingKeysWith: { first, _ in first })
            let byNumber = Dictionary(
                many { (Int.random(in: -5...5, using: &$0), colour(&$0)) },
                uniquingKeysWith: { first, _ in first })
            return Tree(
                colour: colour(&generator),
                numbers: many {
                    Bool.random(using: &$0) ? Int.random(in: .min ... .max, using: &$0) : nil
                },
                lists: many { Bool.random(using: &$0) ? [text(&$0), text(&$0)] : nil },
                byName: names, byNumber: byNumber, byColour: [.green: 3],
                figures: Set(many { figure(&$0) }), range: -3..<7,
                branches: depth == 0 ? [] : many { random(&$0, depth: depth - 1) },
                leaf: Bool.random(using: &generator) ? Leaf() : nil)
        }
    }

    /// A class and its heir, which writes what it inherits by the way that is asked for.
    class Animal: Codable {
        let legs: Int

        init(legs: Int) { self.legs = legs }
    }

    final class Dog: Animal {
        let name: String
        /// Whether the superclass has a member of its own.
        static let isApart = "apart"

        enum Key: String, CodingKey { case name, apart }

        init(legs: Int, name: String) {
            self.name = name
            super.init(legs: legs)
        }

        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            name = try container.decode(String.self, forKey: .name)
            let inherited =
                switch name {
                case "super": try container.superDecoder()
                case Self.isApart: try container.superDecoder(forKey: .apart)
                default: decoder
                }
            try super.init(from: inherited)
        }

        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            switch name {
            case "super": try super.encode(to: container.superEncoder())
            case Self.isApart: try super.encode(to: container.superEncoder(forKey: .apart))
            default: try super.encode(to: encoder)
            }
            try container.encode(name, forKey: .name)
        }
    }

    /// Containers inside containers, written by hand and in turns.
    struct ByHand: Codable, Hashable {
        var numbers: [Int] = [1, 2, 3]
        var names = ["x": "y"]
        var maybe: Double?

        enum Key: String, CodingKey { case numbers, names, more, maybe }

        init() {}

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            var numbers = try container.nestedUnkeyedContainer(forKey: .numbers)
            self.numbers = []
            while !numbers.isAtEnd { self.numbers.append(try numbers.decode(Int.self)) }
            let names = try container.nestedContainer(keyedBy: Letter.self, forKey: .names)
            self.names = [:]
            for key in names.allKeys {
                self.names[key.rawValue] = try names.decode(String.self, forKey: key)
            }
            var more = try container.nestedUnkeyedContainer(forKey: .more)
            let inner = try more.nestedContainer(keyedBy: Letter.self)
            guard try inner.decodeNil(forKey: .x), try more.decodeNil(), try !more.decodeNil()
            else { throw DecodingError.dataCorruptedError(in: more, debugDescription: "nulls") }
            var last = try more.nestedUnkeyedContainer()
            maybe = try last.decodeIfPresent(Double.self)
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            var numbers = container.nestedUnkeyedContainer(forKey: .numbers)
            var names = container.nestedContainer(keyedBy: Letter.self, forKey: .names)
            var more = container.nestedUnkeyedContainer(forKey: .more)
            for number in self.numbers { try numbers.encode(number) }
            for (key, value) in self.names {
                if let key = Letter(rawValue: key) { try names.encode(value, forKey: key) }
            }
            var inner = more.nestedContainer(keyedBy: Letter.self)
            try more.encodeNil()
            try inner.encodeNil(forKey: .x)
            var last = more.nestedUnkeyedContainer()
            if let maybe { try last.encode(maybe) } else { try last.encodeNil() }
        }

        enum Letter: String, CodingKey { case x, y }
    }
}
