// Names of files as systems and people see them: every reading is tried, look-alike endings of programs are programs.

import Detection
import MIME
import Mail
import Policy
import Testing

struct FileNameTests {
    private static func mail(_ disposition: String, type: String = "application/octet-stream") -> String {
        "Content-Type: multipart/mixed; boundary=mm\n\n--mm\n\nhi\n--mm\nContent-Type: \(type)\n"
            + "Content-Disposition: attachment; \(disposition)\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n--mm--\n"
    }

    @Test(arguments: [
        "filename=\"figures.js\"", "filename*0=\"=?UTF-8?B?ZmlndXJlcy5qcw==?=\"",
        "filename*0=\"=?UTF-8?B?ZmlndXJl\"; filename*1=\"cy5qcw==?=\"",
        "filename*0=\"=?UTF-8?Q?figures?=\"; filename*1=\"=?UTF-8?Q?=2Ejs?=\"",
        "filename=figures.txt; filename=figures.js",
        "filename=figures.js.", "filename=\"figures.js \"", "filename=\"figures.txt\\\".js\"",
        "filename=\"figures.j\\s\"",
        "filename=figures.js (draft)", "filename=\"figures.js\" .txt", "filename=a;figures.js",
        "filename*=utf-8''figures%2Ejs", "filename*=figures.js", "filename=\"figures．js\"", "filename=\"figures.ｊｓ\"",
        "filename=\"figures.jѕ\"", "filename=\"figures.јѕ\"", "filename=\"figures\u{202E}txt.js\"",
        "filename=\"figures.js\u{3164}\"", "filename=\"figures。js\"", "filename=\"figures·js\"",
        "filename=\"invoice.еxe\"", "filename=\"invoice.ехе\"", "filename=\"INVOICE.ЕХЕ\"", "filename=\"a.сom\"",
        "filename=\"a.ѕсг\"", "filename=\"a.exe::$DATA\"", "filename=\"=?utf-8?q?a=2Eexe?=\"",
    ])
    func programsAreProgramsUnderAnyName(_ disposition: String) throws {
        let parsed = try message(Self.mail(disposition))
        #expect(try oneRule(when: "{ attachment: { kind: program } }").answer(parsed) == .yes)
        #expect(try oneRule(when: "{ attachment: { extension: [js, exe, com, scr] } }").answer(parsed) == .yes)
        let shipped = try #require(try StartingPolicyTests.startingPolicy().ruleset)
        #expect(try shipped.decision(parsed).outcome.refusal?.publicText.contains("programs do not leave") == true)
    }

    @Test(arguments: ["name*0=\"=?UTF-8?B?aW52b2ljZS5leGU=?=\"", "name=\"a.exe\""]) func namesInTheTypeCount(
        _ name: String
    ) throws {
        let parsed = try message(Self.mail("x=y", type: "application/octet-stream; \(name)"))
        #expect(try oneRule(when: "{ attachment: { kind: program } }").answer(parsed) == .yes)
    }

    /// False hits count as well.
    @Test(arguments: [
        "filename=\"report.pdf\"", "filename=\"отчёт.pdf\"", "filename=\"договор\"", "filename=\"αρχείο.txt\"",
        "filename=\"résumé.doc\"", "filename=\"报告。docx\"", "filename=\"exe\"", "filename=\"a.exe.txt\"",
        "filename=\"com·pany.pdf\"", "filename=\"photo\u{202E}gpj.png\"", "filename=Team photo.png",
    ])
    func othersAreNot(_ disposition: String) throws {
        let parsed = try message(Self.mail(disposition))
        #expect(try oneRule(when: "{ attachment: { kind: program } }").answer(parsed) == .no)
    }
}
