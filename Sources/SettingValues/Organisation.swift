// `links.organisation`: the organisation that runs this Letterlock, as the page and the mails say it.

/// An organisation by its name and what people know of it.
package struct Organisation: Sendable, Equatable {
    /// Its name; without one the page and the mails say "Letterlock".
    package var name: String?
    /// Where people can ask whether a mail is genuine, as it is to be read: `+33 1 23 45 67 89`.
    package var phone: String?
    /// A sentence that stands in each notification.
    package var phrase: String?
    /// Colour of buttons and marks.
    package var colour: Colour?
    /// File of the logo.
    package var logoFile: String?

    /// - Parameters: as the properties of these names.
    package init(
        name: String? = nil, phone: String? = nil, phrase: String? = nil, colour: Colour? = nil, logoFile: String? = nil
    ) {
        self.name = name
        self.phone = phone
        self.phrase = phrase
        self.colour = colour
        self.logoFile = logoFile
    }

    /// The name, or that of the program.
    package var displayName: String { name ?? "Letterlock" }
}
