package import BridgeBytes
internal import HTTPWire

extension HTTPFuzz {
    /// Texts of heads: what is read is in range, and means the same when it is written again.
    package static func values(_ input: Bytes) -> String? {
        let text = String(decoding: Array(input), as: UTF8.self)
        return url(text) ?? target(text) ?? range(text) ?? field(text)
    }

    private static func url(_ text: String) -> String? {
        for isLenient in [false, true] {
            guard let url = try? HTTPURL(text, isLenient: isLenient) else { continue }
            guard (1...65_535).contains(url.port), !url.host.isEmpty else {
                return "a URL without a host or a port"
            }
            guard !url.description.contains("\r"), !url.description.contains("\n") else {
                return "a URL prints a line end"
            }
            if url.hasUserInfo { continue }
            guard let again = try? HTTPURL(url.text), again.origin == url.origin,
                again.target == url.target
            else { return "a URL reads differently when it is written" }
        }
        return nil
    }

    private static func target(_ text: String) -> String? {
        guard let target = try? RequestTarget(parsing: text),
            let segments = try? target.segments()
        else { return nil }
        for segment in segments {
            guard segment != ".", segment != "..", !segment.contains("/"),
                !segment.contains("\\"), segment.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else { return "a segment is no plain name" }
            let encoded = PercentCoding.encode(segment: segment)
            guard (try? PercentCoding.decode(encoded)) == Array(segment.utf8) else {
                return "a segment changes on its way"
            }
        }
        return nil
    }

    private static func range(_ text: String) -> String? {
        for size in [0, 1, 1000, Int.max] {
            if case .partial(let range) = RangeRequest(text, size: size) {
                guard range.lowerBound >= 0, range.upperBound <= size, !range.isEmpty else {
                    return "a range leaves the file"
                }
            }
        }
        guard let content = ContentRange(text) else { return nil }
        return ContentRange(content.value) == content ? nil : "a Content-Range changes"
    }

    private static func field(_ text: String) -> String? {
        if let tag = EntityTag(parsing: text), EntityTag(parsing: tag.value) != tag {
            return "a tag changes"
        }
        if let seconds = HTTPDate.parse(text, now: 1_790_000_000),
            HTTPDate.parse(HTTPDate.string(seconds), now: 1_790_000_000) != seconds
        {
            return "a date changes"
        }
        _ = ContentDisposition(text)
        let value = ContentDisposition.attachment(fileName: text)
        guard FieldList.isValidValue(value) else { return "a file name breaks its field" }
        _ = DigestField([text])
        _ = try? MultipartParser(contentType: text)
        for element in FieldList.elements(text) where element.isEmpty { return "an empty element" }
        return nil
    }
}
