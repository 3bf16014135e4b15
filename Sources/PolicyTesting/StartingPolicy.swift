// What `letterlock policy init` writes: rules to start from, cases that pass and reach every condition both ways, and
// the schemas for editors. A test runs the cases.

import Policy
import PolicyLanguage

/// A policy to start from.
package enum StartingPolicy {
    /// One file: its name below the policy folder, and its text.
    package struct File: Sendable {
        package let name: String
        package let text: String
    }

    /// All files, in order.
    package static let files = [
        File(name: "rules.yaml", text: rules), File(name: "tests/cases.yaml", text: cases),
        File(name: "tests/sealed.eml", text: sealed), File(name: "schema.json", text: PolicyGrammar.schema + "\n"),
        File(name: "cases.schema.json", text: CaseGrammar.schema + "\n"),
    ]

    private static let rules = #"""
        # yaml-language-server: $schema=schema.json
        #
        # Rules for mail that leaves. After every change:
        #
        #     letterlock policy check .      finds mistakes
        #     letterlock policy test .       runs the cases in tests/
        #     letterlock policy watch .      does both whenever a file is saved
        #
        # A recipient gets what all matching rules together ask for: refuse > required > preferred > none. So a new
        # rule can only make mail safer; the one way to make an exception is `unless`. A condition that cannot be told
        # (encrypted content, a file that cannot be read) counts as met.
        version: 1

        lists:
          # Who must always get protected mail: a domain, its sub-domains (leading dot), or one address.
          partners: [lab.example, .lab.example, notary@bank.example]

        detectors:
          # Beside the built-in ones. Words are found whole, in upper and lower case.
          project-names: { words: [NIGHTJAR, NIGHTINGALE] }

        defaults:
          protect: none
          with: [pgp, link]     # OpenPGP for who has a key, else a password-unlock link

        rules:
          - id: asked-for
            about: The sender asked for it, by a tag in the subject or by the mail program's mark.
            when:
              recipient: { not-in: inside }
              any:
                - subject: '\[(secure|confidential)\]'
                - header: { name: Sensitivity, is: Company-Confidential }
            then: { protect: required, strip-subject-tag: true }

          - id: protected-conversation
            about: What answers a protected message is protected too, and what answers an answer from behind a link.
            when: { sender: { in: inside }, recipient: { not-in: inside }, conversation: protected }
            then: { protect: required }

          - id: partners
            about: What goes to partners is always protected, whatever it says.
            when: { recipient: { in: partners } }
            then: { protect: required }

          - id: projects
            about: Names of projects do not leave in clear, and the subject may hold one.
            when: { recipient: { not-in: inside }, content: { detector: project-names } }
            then: { protect: required, hide-subject: true }

          - id: card-numbers
            about: Payment card numbers leave under OpenPGP only; partners have an agreement.
            when: { recipient: { not-in: inside }, content: { detector: payment-card } }
            unless: { recipient: { in: partners } }
            then: { protect: required, with: [pgp], hide-subject: true }

          - id: no-programs
            about: Programs are brought by other ways. What is encrypted already cannot be looked into.
            when: { recipient: { not-in: inside }, attachment: { kind: program } }
            unless: { encrypted: pgp }
            then: { refuse: "programs do not leave by mail" }

        """#

    private static let cases = #"""
        # yaml-language-server: $schema=../cases.schema.json
        #
        # What must come of which message. Each case is judged by the engine that judges in production; the case says
        # which recipients have a key. `letterlock policy explain` shows for one message why.
        inside: [example.org]

        cases:
          - name: nothing special leaves as it is
            from: alice@example.org
            to: [carol@elsewhere.example]
            subject: Lunch
            body: At noon?
            expect:
              carol@elsewhere.example: { verdict: pass, rules: [] }

          - name: a tag seals to a key, and is taken off
            from: alice@example.org
            to: [bob@friend.example]
            keys: [bob@friend.example]
            subject: "[secure] Results"
            body: All is well.
            expect:
              bob@friend.example: { verdict: seal, method: pgp, rules: [asked-for], subject: Results }

          - name: without a key it goes behind a link
            from: alice@example.org
            to: [carol@elsewhere.example]
            subject: "Re: [confidential] Offer"
            body: See below.
            expect:
              carol@elsewhere.example: { verdict: seal, method: link, rules: [asked-for] }

          - name: the mark of the mail program counts too
            from: alice@example.org
            to: [carol@elsewhere.example]
            subject: Offer
            headers: { Sensitivity: Company-Confidential }
            body: See below.
            expect:
              carol@elsewhere.example: { verdict: seal, method: link, rules: [asked-for] }

          - name: among ourselves nothing is sealed and nothing refused
            from: alice@example.org
            to: [dora@example.org]
            subject: "[secure] NIGHTJAR"
            body: 4111 1111 1111 1111
            attachments: [{ name: setup.exe, content: MZ }]
            expect:
              dora@example.org: { verdict: pass, rules: [] }

          - name: what answers a protected message is protected too
            from: alice@example.org
            to: [carol@elsewhere.example]
            conversation: protected
            subject: "Re: Offer"
            body: Yes.
            expect:
              carol@elsewhere.example: { verdict: seal, method: link, rules: [protected-conversation] }

          - name: a partner always gets it sealed
            from: alice@example.org
            to: [office@sub.lab.example]
            subject: Invoice
            body: Attached.
            expect:
              office@sub.lab.example: { verdict: seal, method: link, rules: [partners] }

          - name: a project's name hides the subject too
            from: alice@example.org
            to: [bob@friend.example]
            keys: [bob@friend.example]
            subject: Nightjar again
            body: Tomorrow.
            expect:
              bob@friend.example: { verdict: seal, method: pgp, rules: [projects], subject: "[...]" }

          - name: a card number to a stranger without a key does not leave
            from: alice@example.org
            to: [carol@elsewhere.example]
            subject: Payment
            body: "Card: 4111 1111 1111 1111"
            expect:
              carol@elsewhere.example: { verdict: refuse, rules: [card-numbers] }

          - name: a card number to a partner may go behind a link
            from: alice@example.org
            to: [notary@bank.example]
            subject: Payment
            body: "Card: 4111 1111 1111 1111"
            expect:
              notary@bank.example: { verdict: seal, method: link, rules: [partners] }

          - name: a program does not leave
            from: alice@example.org
            to: [carol@elsewhere.example]
            subject: The tool
            body: Attached.
            attachments: [{ name: setup.exe, content: MZ }]
            expect:
              carol@elsewhere.example: { verdict: refuse, rules: [no-programs] }

          - name: a program that is encrypted already is not looked into
            from: alice@example.org
            to: [bob@friend.example]
            keys: [bob@friend.example]
            message: sealed.eml
            expect:
              bob@friend.example: { verdict: seal, method: pgp, rules: [projects, card-numbers] }

        """#

    /// A PGP/MIME message to nobody in particular, for the exception of `no-programs`.
    private static let sealed = #"""
        From: Alice Example <alice@example.org>
        To: carol@elsewhere.example
        Subject: ...
        Date: Sun, 22 Nov 2026 10:00:00 +0100
        Message-ID: <11@client.example.org>
        MIME-Version: 1.0
        Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b1"

        --b1
        Content-Type: application/pgp-encrypted

        Version: 1

        --b1
        Content-Type: application/octet-stream; name="encrypted.asc"

        -----BEGIN PGP MESSAGE-----

        hF4Diwm6gVTsy+4SAQdASbSCbCRHZyQ6Y+yQ61Xld5hzX5UrCeERuV3NA+MDKi8w
        NVnWXkaAvn46jIU3+jlGbSIhq1qzPl1B2uiajsIlpvagkHf8dobhn8Tbi1ChqOKa
        0lQBpuO+bDMdz6hvfdh0KrhVjFYt/LdV+zHpeRaP1NwBzGVCW7fJYubdoigFfQvp
        V+Urs4vGh/xB/ruggIqC/wFVj4Ned8mNWbsmDOwEIxF6xEKqnSA=
        =Jg8K
        -----END PGP MESSAGE-----

        --b1--

        """#
}
