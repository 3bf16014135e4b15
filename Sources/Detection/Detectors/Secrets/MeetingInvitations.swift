// Invitations to meetings (Zoom, Teams, Webex and others): what they call passcode or password opens the meeting to
// those who have the invitation anyway, and stands in every one of them. It is known by its place: on a line that names
// a meeting, or right below or above the line with the meeting's number or link. Pure; looks at some lines around.

/// Passwords that belong to a meeting.
struct MeetingInvitations {
    private static let lines = 3
    private static let lineBytes = 400
    /// How far before the word, on its line.
    private static let nameBytes = 80

    /// On the line itself.
    private static let named = WordSet([
        "meeting*", "réunion*", "reunión*", "reunion*", "besprechung*", "vergadering*", "riunione*", "webinar*",
        "zoom*", "webex*",
        "konferenz*", "conference", "sitzung*", "reunião",
    ])
    /// On a line near: the number or the link of a meeting.
    private static let marks = WordSet([
        "meeting id*", "meeting-id*", "meeting number*", "meeting-kennnummer*", "besprechungs-id*", "id de réunion*",
        "id de la réunion*", "numéro de la réunion*", "numéro de réunion*", "id de reunión*", "id de la reunión*",
        "número de reunión*",
        "número de la reunión*", "id riunione*", "id della riunione*", "numero riunione*", "numero della riunione*",
        "vergadering-id*",
        "vergaderings-id*", "vergader-id*", "vergaderingsnummer*", "vergadernummer*", "id da reunião*",
        "número da reunião*",
        "webinar id*", "webinar-id*", "conference id*", "konferenz-id*", "zoom.us*", "teams.microsoft*", "teams.live*",
        "webex.com*",
        "meet.google*", "gotomeet*", "gotomeeting*", "zoom-meeting*", "access code*", "zugriffscode*",
    ])
    /// Words that mean a meeting's code near such a line, however many there are.
    private static let codes = WordSet(["passcode"])

    /// What was looked for last, for the other words of the same line.
    private var last: (line: Range<Int>, offset: Int, isMarked: Bool, mark: Range<Int>?)?
    /// Where the line ends whose meeting has its password already.
    private var usedUntil = 0

    /// True where what stands in a range, from its word on, is the password of a meeting.
    mutating func hasAsked(for range: Range<Int>, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let around = look(around: range.lowerBound, text)
        let near = max(around.line.lowerBound, range.lowerBound - Self.nameBytes)..<range.upperBound
        if around.isMarked || Self.named.occurs(in: near, text) { return true }
        guard let mark = around.mark else { return false }
        if Self.codes.longest(at: range.lowerBound, text) != nil { return true }
        // Another password below the one of the meeting is another one.
        guard mark.lowerBound >= usedUntil else { return false }
        usedUntil = range.upperBound
        return true
    }

    /// The line of an offset, whether it has the number or link of a meeting, and the nearest one that has.
    private mutating func look(
        around offset: Int, _ text: UnsafeBufferPointer<UInt8>
    ) -> (line: Range<Int>, isMarked: Bool, mark: Range<Int>?) {
        if let last, last.line.contains(offset), offset - last.offset < Self.lineBytes / 2 {
            return (last.line, last.isMarked, last.mark)
        }
        let line = Self.line(offset, text)
        let isMarked = Self.marks.occurs(in: line, text)
        let mark = isMarked ? nil : mark(around: line, text)
        last = (line, offset, isMarked, mark)
        return (line, isMarked, mark)
    }

    /// The nearest line with the number or link of a meeting.
    private func mark(around line: Range<Int>, _ text: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        var above = line
        var count = 0
        while count < Self.lines, above.lowerBound > 0, line.lowerBound - above.lowerBound < 3 * Self.lineBytes {
            above = Self.line(above.lowerBound - 1, text)
            if above.isEmpty || text[above].allSatisfy({ $0 <= 32 }) { continue }
            if Self.marks.occurs(in: above, text) { return above }
            count += 1
        }
        var below = line
        count = 0
        while count < Self.lines, below.upperBound + 1 < text.count,
            below.upperBound - line.upperBound < 3 * Self.lineBytes
        {
            let next = Self.line(below.upperBound + 1, text)
            guard next.upperBound > below.upperBound else { break }
            below = next
            if below.isEmpty || text[below].allSatisfy({ $0 <= 32 }) { continue }
            if Self.marks.occurs(in: below, text) { return below }
            count += 1
        }
        return nil
    }

    private static func line(_ offset: Int, _ text: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        var start = offset
        while start > 0, offset - start < lineBytes, text[start - 1] != 10 { start -= 1 }
        var end = offset
        while end < text.count, end - offset < lineBytes, text[end] != 10 { end += 1 }
        return start..<end
    }
}
