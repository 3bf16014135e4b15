// What the notices say, in each language. A language is complete or it does not exist: the compiler checks.

import Mail

/// A language of the notices.
package enum Language: String, Sendable, CaseIterable {
    case en, fr

    /// A moment as a day, in UTC.
    func date(_ seconds: Int64) -> String {
        let (year, month, day, _) = MailDate.civil(seconds)
        switch self {
        case .en: return "\(day) \(Self.englishMonths[month - 1]) \(year)"
        case .fr: return "\(day == 1 ? "1er" : "\(day)") \(Self.frenchMonths[month - 1]) \(year)"
        }
    }

    private static let englishMonths = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let frenchMonths = [
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
        "décembre",
    ]
}

/// Which language a mailbox is written to in.
package struct LanguageMap: Sendable, Equatable {
    private let fallback: Language
    private let bySuffix: [(suffix: String, language: Language)]

    /// - Parameters:
    ///   - fallback: for every other domain.
    ///   - bySuffix: `.fr` for all domains under fr, `example.fr` for one; the longest that fits wins.
    package init(fallback: Language = .en, bySuffix: [String: Language] = [:]) {
        self.fallback = fallback
        self.bySuffix = bySuffix.map { ($0.key.lowercased(), $0.value) }.sorted {
            ($0.0.count, $0.0) > ($1.0.count, $1.0)
        }
    }

    func language(for mailbox: Mailbox) -> Language {
        let domain = mailbox.domain.lowercased()
        return bySuffix.first { $0.suffix.hasPrefix(".") ? domain.hasSuffix($0.suffix) : domain == $0.suffix }?.language
            ?? fallback
    }

    package static func == (left: LanguageMap, right: LanguageMap) -> Bool {
        left.fallback == right.fallback && left.bySuffix.map(\.suffix) == right.bySuffix.map(\.suffix)
            && left.bySuffix.map(\.language) == right.bySuffix.map(\.language)
    }
}

/// Texts of the mail with the link.
struct NotificationTexts {
    let subject: @Sendable (_ who: String) -> String
    let greeting: String
    let opening: @Sendable (_ who: String) -> String
    let steps: [String]
    let password: String
    let code: String
    let expiry: @Sendable (_ date: String) -> String
    let doubt: @Sendable (_ address: String) -> String
}

/// Texts of the non-delivery report.
struct ReportTexts {
    let subjectOne: @Sendable (_ recipient: String) -> String
    let subjectMany: @Sendable (_ count: String) -> String
    let opening: @Sendable (_ date: String) -> String
    let said: String
    let instruction: String
    let headers: String
}

extension Language {
    var notification: NotificationTexts {
        switch self {
        case .en:
            NotificationTexts(
                subject: { "Confidential message from \($0)" },
                greeting: "Hello,",
                opening: {
                    "\($0) has sent you a confidential message. To protect it, it is kept locked until you open it."
                },
                steps: [
                    "Open the link below in your web browser, on a computer or a phone.",
                    "Type the password. There is nothing to install and no account to create.",
                    "Read the message; save what you want to keep.",
                ],
                password:
                    "The password does not come with this mail: the sender will give it to you another way, for example by telephone.",
                code: "If the page asks for a code, it is:",
                expiry: { "The message can be opened until \($0) (UTC)." },
                doubt: {
                    "If you did not expect this, or have no password yet, ask the sender (\($0)), best by telephone. A reply to this mail goes to the sender unprotected."
                })
        case .fr:
            NotificationTexts(
                subject: { "Message confidentiel de \($0)" },
                greeting: "Bonjour,",
                opening: {
                    "\($0) vous a envoyé un message confidentiel. Pour le protéger, il reste verrouillé jusqu’à ce que vous l’ouvriez."
                },
                steps: [
                    "Ouvrez le lien ci-dessous dans votre navigateur, sur un ordinateur ou un téléphone.",
                    "Tapez le mot de passe. Il n’y a rien à installer, ni compte à créer.",
                    "Lisez le message ; enregistrez ce que vous voulez garder.",
                ],
                password:
                    "Le mot de passe n’est pas dans ce courriel : l’expéditeur vous le donnera par un autre moyen, par exemple par téléphone.",
                code: "Si la page vous demande un code, le voici :",
                expiry: { "Le message peut être ouvert jusqu’au \($0) (UTC)." },
                doubt: {
                    "Si vous n’attendiez pas ce message, ou si vous n’avez pas encore le mot de passe, demandez à l’expéditeur (\($0)), de préférence par téléphone. Une réponse à ce courriel lui parvient sans protection."
                })
        }
    }

    var report: ReportTexts {
        switch self {
        case .en:
            ReportTexts(
                subjectOne: { "Not delivered: your message to \($0)" },
                subjectMany: { "Not delivered: your message to \($0) recipients" },
                opening: {
                    "Your message of \($0) could not be delivered to the following recipients. All other recipients have received it, or will."
                },
                said: "The answer was:",
                instruction:
                    "The message will not be tried again for them. Please look at the address; if it is right, ask the recipient in another way, or show this mail to your administrator.",
                headers: "The header of your message is attached; its content is not.")
        case .fr:
            ReportTexts(
                subjectOne: { "Non remis : votre message à \($0)" },
                subjectMany: { "Non remis : votre message à \($0) destinataires" },
                opening: {
                    "Votre message du \($0) n’a pas pu être remis aux destinataires suivants. Tous les autres l’ont reçu ou le recevront."
                },
                said: "La réponse a été :",
                instruction:
                    "Il n’y aura pas d’autre essai pour eux. Vérifiez l’adresse ; si elle est juste, demandez au destinataire par un autre moyen, ou montrez ce courriel à votre administrateur.",
                headers: "L’en-tête de votre message est joint, son contenu ne l’est pas.")
        }
    }
}
