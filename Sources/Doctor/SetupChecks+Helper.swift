// Whether gpg encrypts through letterlock-seal: the program, and its walls.

import Gateway
import Mail
import OpenPGP
import Operations
import SettingValues

extension SetupChecks {
    /// Starts one, in a folder of its own.
    func helperFindings() async -> [Finding] {
        let hint = "docs/install/install.md says which programs belong together; tools/install puts them side by side"
        guard let program = Engine.helperBesideOurs else {
            return [
                .warn(
                    "letterlock-seal",
                    "\"\(Engine.helperPath)\" is missing: gpg encrypts as a child of the gateway, "
                        + "without walls, and costs more the more memory the gateway has", hint: hint)
            ]
        }
        do throws(Refusal) {
            let work = try WorkFolder()
            defer { work.remove() }
            let engine = try Engine(settings.gpg, homeFolder: "\(work.path)/gnupg", helper: program)
            let (problem, lacks) = engine.checkHelper()
            await engine.shutdown()
            if let problem { return [.fail("letterlock-seal", "nothing can be encrypted: \(problem)", hint: hint)] }
            if let lacks {
                return [
                    .warn(
                        "letterlock-seal", lacks,
                        hint: "certificates of strangers are read by gpg: a kernel with Landlock (5.13) and seccomp "
                            + "keeps what they could do to it inside")
                ]
            }
        } catch {
            return [.fail("letterlock-seal", error.detail, hint: "make the temporary folder writable")]
        }
        guard await Program.run(program, ["--self-test", "--gpg", settings.gpg.program], seconds: 10) != nil else {
            return [
                .fail(
                    "letterlock-seal", "the walls around \"\(program)\" have a hole",
                    hint: "run \"\(program)\" --self-test to see which")
            ]
        }
        return [.ok("letterlock-seal", "\"\(program)\" has gpg encrypt behind its walls")]
    }
}
