/// The large table's content as formulae of the row number, so that either side can say what any
/// row holds and what every column adds up to, without having seen the other's data.
///
/// Every number is a multiple of 2⁻¹⁶ and every sum stays below 2⁵³ of those, so that sums of
/// doubles are exact and do not depend on the order of addition.
package enum TableFormula {
    package static let columns = ["id", "time", "level", "drift", "phase", "label", "flag"]
    /// Bytes in a row: one int64, four float64, 8 characters with a 4-byte offset, one bit.
    static let bytesPerRow = 52.125

    @inline(__always) package static func time(_ row: Int) -> Double { Double(row) * 0.125 }
    @inline(__always) package static func level(_ row: Int) -> Double { Double(row % 1000) * 0.25 }
    @inline(__always) package static func drift(_ row: Int) -> Double { Double(row) * -0.5 }
    @inline(__always) package static func phase(_ row: Int) -> Double {
        Double((row &* 7919) & 0xFFFF) / 65_536
    }
    @inline(__always) package static func flag(_ row: Int) -> Bool { row % 3 == 0 }

    /// The row number in eight hexadecimal digits, as ASCII in the bytes of an integer: the first
    /// digit in the lowest byte.
    @inline(__always) package static func label(_ row: Int) -> UInt64 {
        // Spread the eight nibbles over eight bytes, then turn each into its digit.
        var x = UInt64(truncatingIfNeeded: row) & 0xFFFF_FFFF
        x = (x | x << 16) & 0x0000_FFFF_0000_FFFF
        x = (x | x << 8) & 0x00FF_00FF_00FF_00FF
        x = (x | x << 4) & 0x0F0F_0F0F_0F0F_0F0F
        let letters = (x &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        let digits = x &+ 0x3030_3030_3030_3030 &+ letters &* 39
        return digits.byteSwapped
    }

    /// What the columns of rows `0..<rows` add up to, in closed form; only the phase, which
    /// repeats after 65,536 rows, is added up for the last, incomplete period.
    package static func sums(rows: Int) -> TableSums {
        let n = Double(rows)
        let triangle = rows * (rows - 1) / 2
        let (periods, rest) = rows.quotientAndRemainder(dividingBy: 65_536)
        let phases =
            Double(periods) * 32_767.5
            + (0..<rest).reduce(0.0) { $0 + phase(periods * 65_536 + $1) }
        let (thousands, over) = rows.quotientAndRemainder(dividingBy: 1000)
        let levels = Double(thousands * 499_500 + over * (over - 1) / 2) * 0.25
        var sums = TableSums()
        sums.rows = rows
        sums.id = triangle
        sums.time = n * (n - 1) / 16
        sums.level = levels
        sums.drift = Double(triangle) * -0.5
        sums.phase = phases
        sums.flags = (rows + 2) / 3
        return sums
    }
}

/// What a table's columns add up to.
package struct TableSums: Sendable, Equatable {
    package var rows = 0
    package var id = 0
    package var time = 0.0
    package var level = 0.0
    package var drift = 0.0
    package var phase = 0.0
    package var flags = 0

    package init() {}
}
