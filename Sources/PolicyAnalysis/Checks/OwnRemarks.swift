// What conditions say of themselves.

import Detection
import Mail
import Policy

/// What conditions say of themselves, such as a header field that no program writes.
struct OwnRemarks: PolicyCheck {
    func run(_ policy: AnalysedPolicy, _ problems: Problems) {
        for written in policy.written {
            for remark in written.condition.remarks(whose: written.whose, isAsked: written.isAsked) {
                problems.info(written.condition.place, remark.message, hint: remark.hint, code: remark.code)
            }
        }
    }
}
