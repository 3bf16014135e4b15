// Passwords and tokens as people send them: what `credentials` and `api-token` must find.

/// Texts with secrets.
enum WrittenSecrets {
    static let kinds: [WrittenKind] = [
        WrittenKind("password beside its word", "credentials") { dice in
            let value = TrueNumbers.password(&dice)
            return WrittenNumber(
                dice.pick([
                    "password: \(value)", "Passwort: \(value)", "mot de passe : \(value)", "Mdp = \(value)",
                    "contraseña: \(value)", "wachtwoord: \(value)",
                    "Login: alice / Password: \(value)", "pwd=\(value)", "PASSWORD:\(value)",
                    "Kennwort lautet \(value)", "password is \(value)", "Passwort – \(value)",
                    "Password - \(value)", "password -> \(value)", "password \(value)", "senha: \(value)",
                    "la password è \(value)",
                ]))
        },
        WrittenKind("password on the next line", "credentials") { dice in
            let value = TrueNumbers.password(&dice)
            let word = dice.pick([
                "Votre mot de passe :", "Your password:", "Ihr Passwort:", "Password", "Su contraseña:",
                "Uw wachtwoord:", "La tua password:", "Mot de passe :", "Kennwort:", "Passwort lautet:",
            ])
            return WrittenNumber("\(word)\(dice.pick(["\n", "\n\n", "\r\n", "\n    ", "\n\n> "]))\(value)\n")
        },
        WrittenKind("password in the next cell", "credentials") { dice in
            let value = TrueNumbers.password(&dice)
            let word = dice.pick([
                "Password", "Mot de passe", "Passwort", "Contraseña", "Wachtwoord", "Password:", "Kennwort",
            ])
            return WrittenNumber(
                dice.pick([
                    "Login\talice\n\(word)\t\(value)\n", "User;\(word)\nalice;\(value)\n", "| \(word) | \(value) |",
                    "\(word),\(value)", "\(word);\(value)",
                    "{\"user\":\"alice\",\"password\":\"\(value)\"}", "<password>\(value)</password>",
                ]))
        },
        WrittenKind("password under a heading", "credentials") { dice in
            let separator = dice.pick(["\t", ";", ",", " | "])
            let word = dice.pick(["Password", "Mot de passe", "Passwort", "Contraseña", "Wachtwoord", "mdp"])
            return WrittenNumber(
                ["Site", "Login", word].joined(separator: separator) + "\n"
                    + dice.lines(12) { dice, row in
                        ["portal\(row)", "alice", TrueNumbers.password(&dice) + String(row)].joined(
                            separator: separator)
                    } + "\n", count: 10)
        },
        WrittenKind("password with words between", "credentials") { dice in
            let value = TrueNumbers.password(&dice)
            return WrittenNumber(
                dice.pick([
                    "Le mot de passe est le suivant : \(value)", "Le mot de passe du fichier est : \(value)",
                    "Le mot de passe pour ouvrir le document est \(value)",
                    "Voici le mot de passe du portail : \(value)",
                    "The password for the zip file is \(value)", "The password for the portal is: \(value)",
                    "Password for alice: \(value)", "The password to open the attachment is \(value)",
                    "your new password is as follows: \(value)",
                    "Das Passwort für das Portal lautet \(value)", "Das Passwort zum Öffnen der Datei ist: \(value)",
                    "Das Kennwort für die ZIP-Datei lautet: \(value)", "Passwort für Alice: \(value)",
                    "Das neue Passwort ist folgendes: \(value)",
                    "La contraseña para el archivo es \(value)", "La contraseña es la siguiente: \(value)",
                    "La contraseña del portal es: \(value)", "La password per il file è \(value)",
                    "La password è la seguente: \(value)",
                    "Het wachtwoord voor het bestand is \(value)", "Het wachtwoord is als volgt: \(value)",
                    "Het wachtwoord van het portaal luidt \(value)", "A senha para o ficheiro é \(value)",
                    "A senha do portal é: \(value)",
                ]) + dice.pick(["", "\n", ".\n", "\n\nMerci"]))
        },
        WrittenKind("URL with user and password", "credentials") { dice in
            let word = dice.word(12)
            return WrittenNumber(
                dice.pick([
                    "https://alice:\(word)9!@git.example.org/repo.git",
                    "postgres://app:\(word)7@db.example.org:5432/prod", "ftp://bob:\(word)3@files.example.org/in",
                    "mongodb+srv://root:\(word)1@cluster0.example.net", "redis://:\(word)5@cache.example.org:6379",
                    "mysql://erp:\(word)2%21@10.0.0.5/erp", "sftp://carol:\(word)4@backup.example.org",
                    "amqp://svc:\(word)8@mq.example.org//",
                ]))
        },
        WrittenKind("tokens", "api-token") { dice in
            let all = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
            let token = dice.pick([
                "sk-" + dice.word(48), "sk-proj-" + dice.word(80, of: all + "-_") + "x",
                "sk-ant-api03-" + dice.word(93, of: all + "-_") + "AA", "npm_" + dice.word(36),
                "pypi-AgEIcHlwaS5vcmc" + dice.word(120, of: all + "-_") + "x",
                "SG." + dice.word(22, of: all) + "." + dice.word(43, of: all),
                "https://hooks.slack.com/services/T" + dice.word(8, of: "ABCDEFGHJK0123456789") + "/B"
                    + dice.word(8, of: "ABCDEFGHJK0123456789") + "/" + dice.word(24),
                "rk_live_" + dice.word(24), "sk_live_" + dice.word(24), "ghp_" + dice.word(36),
                "sk-svcacct-" + dice.word(74, of: all) + "x", "glpat-" + dice.word(20),
            ])
            return WrittenNumber(
                dice.pick([
                    "OPENAI_KEY=\(token)", "\"\(token)\"", "use \(token) please", "token: \(token)\n",
                    "Authorization: Bearer \(token)", "(\(token))",
                ]))
        },
    ]
}
