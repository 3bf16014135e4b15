// What the mails to readers say of the organisation.

import Mail
import SettingValues
import Wording

extension Organisation {
    /// How to see that a mail about a letter is genuine, by what is known of the organisation.
    func signs(of sender: Mailbox, named name: String?, _ language: Language) -> [String] {
        let who = ["sender": name ?? "\(sender)", "address": "\(sender)"]
        return [language.text(.mail, "notification-genuine-sender", who)] + signs(language)
    }

    /// The same for a mail that nobody but the organisation writes: phrase and telephone, as far as they are set.
    func signs(_ language: Language) -> [String] {
        var signs: [String] = []
        if let phrase { signs.append(language.text(.mail, "notification-genuine-phrase", ["phrase": phrase])) }
        if let phone {
            let values = ["organisation": displayName, "phone": phone.replacing(" ", with: "\u{a0}")]
            signs.append(language.text(.mail, "notification-genuine-phone", values))
        }
        return signs
    }

    /// The last line of such a mail; nil without a name.
    func signature(_ language: Language) -> String? {
        name.map { language.text(.mail, "notification-organisation", ["organisation": $0]) }
    }
}
