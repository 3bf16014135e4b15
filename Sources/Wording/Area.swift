// The message files, by what they are for: Messages/<area>.<language>.json, each a flat JSON object of keys and texts.
// They are inside the program; nothing is read at run time.

import Mail

/// What a message file is for.
package enum Area: String, CaseIterable, Sendable {
    /// Words of the pages' templates.
    case page
    /// Words that the script of the pages shows on the way to an open letter.
    case script
    /// Words of an open letter.
    case letter
    /// Answering.
    case answer
    /// Later messages under the same link.
    case conversation
    /// Ways of passwords: what senders, recipients and refusals say about them.
    case password
    /// The sender's control page and the notices about letters.
    case control
    /// Uploading and confirming a key.
    case key
    /// Confirming a key that was sent.
    case confirm
    /// Mails: notification, password mail, reports.
    case mail
    /// The admin page.
    case admin

    var files: [Language: [UInt8]] {
        switch self {
        case .page:
            [
                .en: PackageResources.page_en_json,
                .fr: PackageResources.page_fr_json,
                .de: PackageResources.page_de_json,
                .es: PackageResources.page_es_json,
                .it: PackageResources.page_it_json,
                .pt: PackageResources.page_pt_json,
                .nl: PackageResources.page_nl_json,
            ]
        case .script:
            [
                .en: PackageResources.script_en_json,
                .fr: PackageResources.script_fr_json,
                .de: PackageResources.script_de_json,
                .es: PackageResources.script_es_json,
                .it: PackageResources.script_it_json,
                .pt: PackageResources.script_pt_json,
                .nl: PackageResources.script_nl_json,
            ]
        case .letter:
            [
                .en: PackageResources.letter_en_json,
                .fr: PackageResources.letter_fr_json,
                .de: PackageResources.letter_de_json,
                .es: PackageResources.letter_es_json,
                .it: PackageResources.letter_it_json,
                .pt: PackageResources.letter_pt_json,
                .nl: PackageResources.letter_nl_json,
            ]
        case .answer:
            [
                .en: PackageResources.answer_en_json,
                .fr: PackageResources.answer_fr_json,
                .de: PackageResources.answer_de_json,
                .es: PackageResources.answer_es_json,
                .it: PackageResources.answer_it_json,
                .pt: PackageResources.answer_pt_json,
                .nl: PackageResources.answer_nl_json,
            ]
        case .conversation:
            [
                .en: PackageResources.conversation_en_json,
                .fr: PackageResources.conversation_fr_json,
                .de: PackageResources.conversation_de_json,
                .es: PackageResources.conversation_es_json,
                .it: PackageResources.conversation_it_json,
                .pt: PackageResources.conversation_pt_json,
                .nl: PackageResources.conversation_nl_json,
            ]
        case .password:
            [
                .en: PackageResources.password_en_json,
                .fr: PackageResources.password_fr_json,
                .de: PackageResources.password_de_json,
                .es: PackageResources.password_es_json,
                .it: PackageResources.password_it_json,
                .pt: PackageResources.password_pt_json,
                .nl: PackageResources.password_nl_json,
            ]
        case .control:
            [
                .en: PackageResources.control_en_json,
                .fr: PackageResources.control_fr_json,
                .de: PackageResources.control_de_json,
                .es: PackageResources.control_es_json,
                .it: PackageResources.control_it_json,
                .pt: PackageResources.control_pt_json,
                .nl: PackageResources.control_nl_json,
            ]
        case .key:
            [
                .en: PackageResources.key_en_json,
                .fr: PackageResources.key_fr_json,
                .de: PackageResources.key_de_json,
                .es: PackageResources.key_es_json,
                .it: PackageResources.key_it_json,
                .pt: PackageResources.key_pt_json,
                .nl: PackageResources.key_nl_json,
            ]
        case .confirm:
            [
                .en: PackageResources.confirm_en_json,
                .fr: PackageResources.confirm_fr_json,
                .de: PackageResources.confirm_de_json,
                .es: PackageResources.confirm_es_json,
                .it: PackageResources.confirm_it_json,
                .pt: PackageResources.confirm_pt_json,
                .nl: PackageResources.confirm_nl_json,
            ]
        case .mail:
            [
                .en: PackageResources.mail_en_json,
                .fr: PackageResources.mail_fr_json,
                .de: PackageResources.mail_de_json,
                .es: PackageResources.mail_es_json,
                .it: PackageResources.mail_it_json,
                .pt: PackageResources.mail_pt_json,
                .nl: PackageResources.mail_nl_json,
            ]
        case .admin:
            [
                .en: PackageResources.admin_en_json,
                .fr: PackageResources.admin_fr_json,
                .de: PackageResources.admin_de_json,
                .es: PackageResources.admin_es_json,
                .it: PackageResources.admin_it_json,
                .pt: PackageResources.admin_pt_json,
                .nl: PackageResources.admin_nl_json,
            ]
        }
    }
}
