internal import BridgeBytes
internal import BridgeConsole

/// A flow as one page of HTML that needs nothing beside it: no script, no other file, no network.
package enum FlowPage {
    /// Hues of the processes, each far from the one before.
    private static let hues = [210, 30, 140, 330, 60, 270, 180, 0]

    private static let style = """
        :root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif; }
        body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
        h1 { font-size: 1.2rem; overflow-wrap: anywhere; }
        table { border-collapse: collapse; width: 100%; table-layout: fixed; }
        th { text-align: left; font-weight: 600; }
        th, td { padding: .2rem .5rem; border-bottom: 1px solid #8884; vertical-align: top; }
        td { overflow-wrap: anywhere; }
        .at { width: 6rem; text-align: right; font-variant-numeric: tabular-nums; }
        .who { width: 9rem; } .when { width: 38%; }
        .lane { position: relative; height: 1.1rem; background: #8881; border-radius: 2px; }
        .bar { position: absolute; top: .15rem; bottom: .15rem; min-width: 3px;
          border-radius: 2px; }
        .fields { color: #777; color: light-dark(#666, #aaa); font-size: .85em; }
        @media (max-width: 48rem) {
          body { margin: 1rem auto; }
          table, tbody { display: block; }
          tr { display: grid; grid-template-columns: auto 1fr; column-gap: .8rem;
            padding: .4rem 0; border-bottom: 1px solid #8884; }
          tr:first-child { display: none; }
          td { border: 0; padding: .1rem 0; }
          .at { width: auto; text-align: left; }
          td:nth-child(n + 3) { grid-column: 1 / -1; }
        }
        """

    package static func html(_ flow: FlowTimeline) -> String {
        let processes = flow.processes
        var lines = [
            "<!doctype html>", "<html lang=\"en\">", "<meta charset=\"utf-8\">",
            "<meta name=\"viewport\" content=\"width=device-width\">",
            "<title>Flow \(escaped(flow.correlationID))</title>",
            "<style>\(style)</style>",
            "<h1>Flow \(escaped(flow.correlationID))</h1>",
            "<p>\(flow.entries.count) lines of \(processes.count) processes, from"
                + " \(escaped(flow.begin.description)), \(escaped(Figures.time(flow.duration))).",
            "Times are those of each process's own clock.</p>", "<table>",
            "<tr><th class=\"at\">at<th class=\"who\">process<th class=\"when\">when<th>what</tr>",
        ]
        for entry in flow.entries {
            lines.append(row(entry, hue: hue(entry.process, processes), of: flow.duration))
        }
        return (lines + ["</table>", "</html>", ""]).joined(separator: "\n")
    }

    private static func hue(_ process: String, _ processes: [String]) -> Int {
        hues[(processes.firstIndex(of: process) ?? 0) % hues.count]
    }

    private static func row(
        _ entry: FlowTimeline.Entry, hue: Int, of whole: Duration
    ) -> String {
        let all = max(Figures.seconds(whole), 1e-9)
        let left = Figures.fixed(Figures.seconds(entry.start) / all * 100, 3)
        let width = Figures.fixed(Figures.seconds(entry.end - entry.start) / all * 100, 3)
        let lasted =
            entry.start == entry.end ? "" : " took \(Figures.time(entry.end - entry.start))"
        let fields = entry.event.fields.map { "\($0.name)=\(FlowText.shown($0))" }
            .joined(separator: " ")
        return """
            <tr><td class="at">\(escaped(Figures.time(entry.start)))\
            <td class="who">\(escaped(entry.process))\
            <td><div class="lane"><div class="bar" title="\(escaped(entry.event.message + lasted))"\
             style="left:min(\(left)%,100% - 3px);width:\(width)%;background:hsl(\(hue) 60% 50%)">\
            </div></div>\
            <td>\(escaped(entry.event.message)) <span class="fields">\(escaped(fields))</span></tr>
            """
    }

    /// A text of peers and files, which must not become markup.
    private static func escaped(_ text: String) -> String {
        TerminalText.line(text).reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
    }
}
