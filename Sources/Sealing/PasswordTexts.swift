// What the mail with the passwords says: message file `mail`.

import Wording

/// Texts of the mail with the passwords.
struct PasswordTexts {
    let language: Language

    func subjectOne(_ recipient: String) -> String {
        language.text(.mail, "password-subject-one", ["recipient": recipient])
    }
    func subjectMany(_ count: String) -> String {
        language.text(.mail, "password-subject-many", ["count": count])
    }
    func opening(_ date: String) -> String { language.text(.mail, "password-opening", ["date": date]) }
    var instruction: String { language.text(.mail, "password-instruction") }
    var replaces: String { language.text(.mail, "password-replaces") }
    func expiry(_ date: String) -> String { language.text(.mail, "password-expiry", ["date": date]) }
}

extension Language {
    var password: PasswordTexts { PasswordTexts(language: self) }
}
