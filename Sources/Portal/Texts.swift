// Every word that a visitor reads, in each language, side by side. `%` stands for a number, a name or a date.
// Page texts fill `{{name}}` in the templates; script texts go into the page as data for its script.

/// One text in all languages.
struct Text: Sendable {
    let name: String
    let english: String
    let french: String

    init(_ name: String, _ english: String, _ french: String) {
        self.name = name
        self.english = english
        self.french = french
    }

    /// The text in one language.
    func written(in language: Language) -> String { language == .english ? english : french }
}

/// The two tables.
enum Texts {
    /// Texts of the templates.
    static let page: [Text] = [
        Text("title", "Protected letter", "Lettre protégée"),
        Text("brand", "Letterlock", "Letterlock"),
        Text("language-label", "Language", "Langue"),
        Text("heading-start", "A protected letter for you", "Une lettre protégée pour vous"),
        Text(
            "noscript-what", "To open your letter, please allow JavaScript for this page.",
            "Pour ouvrir votre lettre, veuillez autoriser JavaScript pour cette page."),
        Text(
            "noscript-why",
            "The letter is unlocked on your own device, by a small program in this page. Turn JavaScript on in your "
                + "browser's settings, then load this page again. Nothing has been lost.",
            "La lettre est ouverte sur votre propre appareil, par un petit programme de cette page. Activez JavaScript "
                + "dans les réglages de votre navigateur, puis rechargez cette page. Rien n’est perdu."),
        Text("wait", "One moment, please…", "Un instant, s’il vous plaît…"),
        Text(
            "code-why",
            "The link arrived here without its second half: some mail programs cut it off. Nothing is lost. The same "
                + "code stands in the mail that brought you the link.",
            "Le lien est arrivé ici sans sa seconde moitié : certains logiciels de messagerie la coupent. Rien n’est "
                + "perdu. Le même code figure dans le message qui contenait le lien."),
        Text("code-label", "Code of the letter", "Code de la lettre"),
        Text(
            "code-hint",
            "22 characters; capital and small letters are different. Copying and pasting is easiest. You can also paste "
                + "the whole link.",
            "22 caractères ; majuscules et minuscules sont différentes. Le plus simple est de copier et coller. Vous "
                + "pouvez aussi coller le lien entier."),
        Text("code-button", "Continue", "Continuer"),
        Text(
            "password-why", "Type the password that the sender gave you.",
            "Tapez le mot de passe que l’expéditeur vous a donné."),
        Text("password-label", "Password", "Mot de passe"),
        Text("hide", "Hide", "Masquer"),
        Text("open-button", "Open the letter", "Ouvrir la lettre"),
        Text("progress-label", "Progress", "Progression"),
        Text("change-code", "Type the code of the letter again", "Retaper le code de la lettre"),
        Text("where-summary", "Where do I find the password?", "Où trouver le mot de passe ?"),
        Text(
            "where-text",
            "It is not in the mail with the link. The sender tells it to you another way, by telephone for example. If "
                + "you do not have it yet, ask the person who wrote to you.",
            "Il n’est pas dans le message qui contient le lien. L’expéditeur vous le donne autrement, par téléphone par "
                + "exemple. Si vous ne l’avez pas encore, demandez-le à la personne qui vous a écrit."),
        Text(
            "resting-why",
            "There were several wrong passwords. To protect your letter it now takes a short pause. It is still there.",
            "Plusieurs mots de passe étaient faux. Pour protéger votre lettre, une courte pause est nécessaire. La "
                + "lettre est toujours là."),
        Text(
            "resting-after", "You need not do anything: when the time is over, you can type the password here again.",
            "Vous n’avez rien à faire : à la fin de ce temps, vous pourrez retaper le mot de passe ici."),
        Text(
            "gone-why", "There is no letter under this link, or no longer: it may have expired or been withdrawn.",
            "Il n’y a pas, ou plus, de lettre sous ce lien : elle a peut-être expiré ou été retirée."),
        Text(
            "gone-do",
            "Please check that you used the whole link from the mail. If it still does not work, ask the sender to send "
                + "the letter again.",
            "Vérifiez que vous avez utilisé le lien entier du message. Si cela ne marche toujours pas, demandez à "
                + "l’expéditeur d’envoyer la lettre à nouveau."),
        Text(
            "insecure-why",
            "This page was opened over an unprotected connection, so the letter cannot be unlocked here.",
            "Cette page a été ouverte par une connexion non protégée ; la lettre ne peut pas être ouverte ici."),
        Text(
            "insecure-do",
            "Please use the link from the mail as it is; it has to begin with https://. If it does not, tell the sender.",
            "Utilisez le lien du message tel quel ; il doit commencer par https://. Si ce n’est pas le cas, prévenez "
                + "l’expéditeur."),
        Text(
            "old-why", "This browser is too old to unlock the letter safely.",
            "Ce navigateur est trop ancien pour ouvrir la lettre en sécurité."),
        Text(
            "old-do",
            "Please open the link from the mail with a newer browser, for example a current Firefox, Chrome, Edge or "
                + "Safari, on this or another device.",
            "Ouvrez le lien du message avec un navigateur plus récent, par exemple une version actuelle de Firefox, "
                + "Chrome, Edge ou Safari, sur cet appareil ou un autre."),
        Text("retry", "Try again", "Réessayer"),
        Text(
            "damaged-why", "The letter arrived, but it could not be opened: it is damaged or was altered on the way.",
            "La lettre est arrivée, mais elle n’a pas pu être ouverte : elle est abîmée ou a été modifiée en chemin."),
        Text(
            "damaged-do", "Please try once more later. If it stays like this, ask the sender to send the letter again.",
            "Réessayez plus tard. Si rien ne change, demandez à l’expéditeur d’envoyer la lettre à nouveau."),
        Text(
            "closed-why",
            "The letter was removed from this page. You can open it again with the link and the password.",
            "La lettre a été retirée de cette page. Vous pouvez la rouvrir avec le lien et le mot de passe."),
        Text("reopen", "Open it again", "La rouvrir"),
        Text("form-label", "Show the letter as", "Afficher la lettre"),
        Text("as-html", "Formatted", "Mise en forme"),
        Text("as-text", "Plain text", "Texte simple"),
        Text("attachments", "Attachments", "Pièces jointes"),
        Text("download", "Save the whole letter", "Enregistrer toute la lettre"),
        Text("close", "Close the letter", "Fermer la lettre"),
        Text(
            "close-hint",
            "Closing removes the letter from this page. What you saved stays on your device, readable for whoever uses it.",
            "Fermer retire la lettre de cette page. Ce que vous avez enregistré reste sur votre appareil, lisible par "
                + "ceux qui l’utilisent."),
        Text("link-heading", "Follow this link?", "Suivre ce lien ?"),
        Text("link-to", "It leads to", "Il mène à"),
        Text(
            "link-warning", "Careful: the words of the link name another place than the one it leads to.",
            "Attention : le texte du lien nomme un autre endroit que celui où il mène."),
        Text("link-stay", "Stay here", "Rester ici"),
        Text("link-open", "Open the link", "Ouvrir le lien"),
        Text(
            "footer",
            "Your letter is unlocked on this device. The password itself is never sent.",
            "Votre lettre est ouverte sur cet appareil. Le mot de passe lui-même n’est jamais transmis."),
    ]

    /// Texts of the pages without a letter.
    static let notices: [Text] = [
        Text("help-heading", "Protected letters", "Lettres protégées"),
        Text(
            "help-first",
            "Here people read letters that were sent to them under the protection of a password. To open yours, use the "
                + "link in the mail that you received.",
            "Ici, on lit des lettres envoyées sous la protection d’un mot de passe. Pour ouvrir la vôtre, utilisez le "
                + "lien du message que vous avez reçu."),
        Text(
            "help-second",
            "The password is not in that mail: the sender tells it to you another way, by telephone for example.",
            "Le mot de passe n’est pas dans ce message : l’expéditeur vous le donne autrement, par téléphone par exemple."
        ),
        Text("missing-heading", "There is nothing here", "Il n’y a rien ici"),
        Text(
            "missing-first", "This address does not lead to a letter.", "Cette adresse ne mène pas à une lettre."),
        Text(
            "missing-second",
            "Please use the whole link from the mail that you received; it may have been broken over two lines.",
            "Utilisez le lien entier du message que vous avez reçu ; il a peut-être été coupé sur deux lignes."),
    ]
}
