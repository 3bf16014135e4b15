// The texts that the page's script shows; they go into the page as data.

extension Texts {
    /// Texts of the script, by the names it uses.
    static let script: [Text] = [
        Text("heading-wait", "A protected letter for you", "Une lettre protégée pour vous"),
        Text("heading-code", "The code is missing", "Il manque le code"),
        Text("heading-password", "A protected letter for you", "Une lettre protégée pour vous"),
        Text("heading-resting", "A short pause", "Une courte pause"),
        Text("heading-gone", "This letter is not here", "Cette lettre n’est pas ici"),
        Text("heading-insecure", "The connection is not protected", "La connexion n’est pas protégée"),
        Text("heading-old", "Please use a newer browser", "Utilisez un navigateur plus récent"),
        Text("heading-trouble", "That did not work just now", "Cela n’a pas marché cette fois"),
        Text("heading-damaged", "The letter could not be opened", "La lettre n’a pas pu être ouverte"),
        Text("heading-closed", "The letter is closed", "La lettre est fermée"),
        Text("show", "Show", "Afficher"),
        Text("hide", "Hide", "Masquer"),
        Text(
            "code-none", "Please type or paste the code from the mail.",
            "Tapez ou collez le code qui figure dans le message."),
        Text(
            "code-bad",
            "This is not quite the code: it has 22 letters, digits, - or _. Please compare it with the mail.",
            "Ce n’est pas tout à fait le code : il a 22 lettres, chiffres, - ou _. Comparez-le avec le message."),
        Text(
            "password-hint-made", "12 letters and digits. Capital or small letters and hyphens do not matter.",
            "12 lettres et chiffres. Majuscules, minuscules et tirets ne comptent pas."),
        Text(
            "password-hint-chosen", "Type it exactly: capital and small letters are different.",
            "Tapez-le exactement : majuscules et minuscules sont différentes."),
        Text("password-none", "Please type the password.", "Tapez le mot de passe."),
        Text(
            "password-count", "The password has 12 letters and digits; you typed %. This did not count as a try.",
            "Le mot de passe a 12 lettres et chiffres ; vous en avez tapé %. Cela n’a pas compté comme essai."),
        Text(
            "password-odd",
            "One of these characters is never in a password from here (U, or a special character). This did not count "
                + "as a try.",
            "L’un de ces caractères ne figure jamais dans un mot de passe d’ici (U, ou un caractère spécial). Cela n’a "
                + "pas compté comme essai."),
        Text(
            "working", "Checking the password. This can take a few seconds…",
            "Vérification du mot de passe. Cela peut prendre quelques secondes…"),
        Text("fetching", "The password is right. Fetching the letter…", "Le mot de passe est juste. La lettre arrive…"),
        Text("opened", "The letter is open.", "La lettre est ouverte."),
        Text("wrong", "This password is not right.", "Ce mot de passe n’est pas le bon."),
        Text(
            "wrong-or-code", "The password, or the code you typed before, is not right.",
            "Le mot de passe, ou le code tapé avant, n’est pas le bon."),
        Text(
            "tries-many", "You have % more tries before a pause.", "Il vous reste % essais avant une pause."),
        Text("tries-one", "You have one more try before a pause.", "Il vous reste un essai avant une pause."),
        Text("tries-none", "A short pause comes now.", "Une courte pause commence maintenant."),
        Text("resting-one", "Please wait one minute.", "Veuillez attendre une minute."),
        Text("resting-many", "Please wait about % minutes.", "Veuillez attendre environ % minutes."),
        Text(
            "resting-over", "The pause is over. You can type the password again.",
            "La pause est finie. Vous pouvez retaper le mot de passe."),
        Text(
            "trouble-network", "The letter could not be fetched. Please check your internet connection.",
            "La lettre n’a pas pu être chargée. Vérifiez votre connexion internet."),
        Text(
            "trouble-server", "The service is busy. Your letter is safe; please try again in a moment.",
            "Le service est occupé. Votre lettre est en sécurité ; réessayez dans un instant."),
        Text("from", "From", "De"),
        Text("to", "To", "À"),
        Text("cc", "Copy to", "Copie à"),
        Text("date", "Date", "Date"),
        Text("no-subject", "Letter without a subject", "Lettre sans objet"),
        Text("no-text", "This letter has no text.", "Cette lettre n’a pas de texte."),
        Text("frame-title", "Text of the letter", "Texte de la lettre"),
        Text("attachment-word", "attachment", "piece-jointe"),
        Text("letter-word", "letter", "lettre"),
        Text("save", "Save", "Enregistrer"),
        Text("size-units", "B kB MB GB", "o ko Mo Go"),
        Text("expires", "You can open this letter until %.", "Vous pouvez ouvrir cette lettre jusqu’au %."),
        Text(
            "remote-one", "One picture from the internet was not loaded, so that nobody learns when you read this.",
            "Une image d’internet n’a pas été chargée, pour que personne ne sache quand vous lisez ceci."),
        Text(
            "remote-many", "% pictures from the internet were not loaded, so that nobody learns when you read this.",
            "% images d’internet n’ont pas été chargées, pour que personne ne sache quand vous lisez ceci."),
    ]
}
