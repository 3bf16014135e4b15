// The opening of a milter connection: what the MTA offers, what we ask for, what both have agreed on. Pure.
// Source: libmilter's mfdef.h and mfapi.h (SMFIF_*, SMFIP_*); Postfix MILTER_README.

import NIOCore

/// What a filter may ask the MTA to do (SMFIF_*).
package struct MilterActions: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let addHeaders = MilterActions(rawValue: 0x01)
    package static let changeBody = MilterActions(rawValue: 0x02)
    package static let addRecipients = MilterActions(rawValue: 0x04)
    package static let deleteRecipients = MilterActions(rawValue: 0x08)
    package static let changeHeaders = MilterActions(rawValue: 0x10)
    /// What sealing a message in place takes.
    package static let needed: MilterActions = [
        .addHeaders, .changeBody, .addRecipients, .deleteRecipients, .changeHeaders,
    ]

    /// Names of single actions, for the log.
    var names: String {
        let all: [(MilterActions, String)] = [
            (.addHeaders, "add header fields"), (.changeBody, "replace the body"),
            (.addRecipients, "add recipients"), (.deleteRecipients, "delete recipients"),
            (.changeHeaders, "change header fields"),
        ]
        return all.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
    }
}

/// Steps of the protocol that are left out or go without a reply (SMFIP_*).
package struct MilterSteps: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let noConnect = MilterSteps(rawValue: 0x01)
    package static let noHello = MilterSteps(rawValue: 0x02)
    package static let noMail = MilterSteps(rawValue: 0x04)
    package static let noRecipient = MilterSteps(rawValue: 0x08)
    package static let noBody = MilterSteps(rawValue: 0x10)
    package static let noHeaders = MilterSteps(rawValue: 0x20)
    package static let noHeaderEnd = MilterSteps(rawValue: 0x40)
    package static let quietHeader = MilterSteps(rawValue: 0x80)
    package static let noUnknown = MilterSteps(rawValue: 0x100)
    package static let noData = MilterSteps(rawValue: 0x200)
    package static let quietConnect = MilterSteps(rawValue: 0x1000)
    package static let quietHello = MilterSteps(rawValue: 0x2000)
    package static let quietMail = MilterSteps(rawValue: 0x4000)
    package static let quietRecipient = MilterSteps(rawValue: 0x8000)
    package static let quietData = MilterSteps(rawValue: 0x1_0000)
    package static let quietUnknown = MilterSteps(rawValue: 0x2_0000)
    package static let quietHeaderEnd = MilterSteps(rawValue: 0x4_0000)
    package static let quietBody = MilterSteps(rawValue: 0x8_0000)
    package static let leadingSpace = MilterSteps(rawValue: 0x10_0000)

    /// Steps we have no use for; the end of the header is seen by what comes after it.
    static let unneeded: MilterSteps = [.noUnknown, .noData, .noHeaderEnd]
    /// Everything is answered at the end of the message, so nothing before it needs a reply.
    static let quiet: MilterSteps = [
        .quietConnect, .quietHello, .quietMail, .quietRecipient, .quietData, .quietUnknown, .quietHeader,
        .quietHeaderEnd, .quietBody,
    ]
    /// All that is asked for, where it is offered.
    package static let wanted: MilterSteps = unneeded.union(quiet).union(.leadingSpace)

    /// The step that says that `command` has no reply.
    static func quiet(_ command: MilterCommand) -> MilterSteps? {
        switch command {
        case .connect: .quietConnect
        case .hello: .quietHello
        case .mail: .quietMail
        case .recipient: .quietRecipient
        case .data: .quietData
        case .unknown: .quietUnknown
        case .header: .quietHeader
        case .headerEnd: .quietHeaderEnd
        case .body: .quietBody
        case .abort, .macro, .bodyEnd, .quit, .quitNewConnection, .negotiate: nil
        }
    }
}

/// What both sides have agreed on.
struct MilterTerms: Sendable, Equatable {
    /// The newest version we speak.
    static let newestVersion: UInt32 = 6
    /// The oldest: Sendmail 8.12.
    static let oldestVersion: UInt32 = 2

    let version: UInt32
    let steps: MilterSteps

    /// True where header values come with the space behind the colon.
    var keepsLeadingSpace: Bool { steps.contains(.leadingSpace) }

    /// True where the MTA waits for a reply to `command`.
    func wantsReply(to command: MilterCommand) -> Bool {
        guard let quiet = MilterSteps.quiet(command) else { return false }
        return !steps.contains(quiet)
    }

    /// Reads SMFIC_OPTNEG.
    /// - Returns: the terms, or why there can be none.
    static func agree(_ data: ByteBuffer) -> Result<MilterTerms, MilterRefusedTerms> {
        var data = data
        guard let version = data.readInteger(as: UInt32.self), let actions = data.readInteger(as: UInt32.self),
            let steps = data.readInteger(as: UInt32.self)
        else {
            return .failure(MilterRefusedTerms(reason: "the offer is cut short"))
        }
        guard version >= oldestVersion else {
            return .failure(MilterRefusedTerms(reason: "milter protocol version \(version) is too old"))
        }
        let missing = MilterActions.needed.subtracting(MilterActions(rawValue: actions))
        guard missing.isEmpty else {
            return .failure(MilterRefusedTerms(reason: "the MTA does not let a milter \(missing.names)"))
        }
        var agreed = MilterSteps.wanted.intersection(MilterSteps(rawValue: steps))
        // Before version 3 the offer of steps has no meaning beyond the first seven.
        if version < 3 { agreed = agreed.intersection(.noHeaderEnd) }
        return .success(MilterTerms(version: min(version, newestVersion), steps: agreed))
    }

    /// Our SMFIC_OPTNEG.
    var reply: ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeMilterFrame(MilterCommand.negotiate.rawValue) { bytes in
            bytes.writeInteger(version)
            bytes.writeInteger(MilterActions.needed.rawValue)
            bytes.writeInteger(steps.rawValue)
        }
        return bytes
    }
}

/// Why a connection cannot be used.
struct MilterRefusedTerms: Error, Sendable, Equatable {
    let reason: String
}
