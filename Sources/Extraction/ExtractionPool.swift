// Looks into the attachments of messages, by processes of letterlock-extract. The door of this module: a message in,
// ExtractedParts out. Never throws: what cannot be looked into is a finding too, and unknown to the rules.

package import ExtractionWire
package import MIME
package import Mail
import POSIX
package import SettingValues

/// Processes that look into attachments, and the queue before them.
package actor ExtractionPool {
    private let settings: ExtractionSettings
    private let limits: ExtractionLimits
    private let workers: [ExtractionWorker]
    private var idle: [ExtractionWorker]
    private var waiting: [CheckedContinuation<ExtractionWorker, Never>] = []

    /// No process is started before the first attachment.
    /// - Parameter limits: of one attachment; nil: those of the settings.
    package init(_ settings: ExtractionSettings = ExtractionSettings(), limits: ExtractionLimits? = nil) {
        self.settings = settings
        self.limits = limits ?? settings.limits
        let program = settings.program ?? Self.programBesideOurs
        workers = (0..<max(1, settings.workers)).map { ExtractionWorker(settings, program: program, number: $0) }
        idle = workers
    }

    /// `letterlock-extract` in the folder of the running program.
    package static var programBesideOurs: String { OwnProgram.beside("letterlock-extract") }

    /// Looks into every attachment of a message.
    package func extract(_ parsed: ParsedMessage) async -> ExtractedParts {
        guard settings.isOn else { return ExtractedParts() }
        let all = parsed.readableParts
        let parts = all.filter { Self.isWanted($0.part) }
        var found: [String: ExtractedPart] = [:]
        // MIME has read these; their parts are looked into like any others.
        for (part, _) in all where part.isAttachment && (!part.children.isEmpty || part.isReadMessage) {
            found[part.path] = ExtractedPart(realType: "message/rfc822")
        }
        var limits = limits
        let deadline = ContinuousClock.now + .seconds(settings.messageSeconds)
        for (number, (part, bytes)) in parts.enumerated() {
            if let stop = stop(number, limits, deadline) {
                found[part.path] = ExtractedPart(problem: stop)
                continue
            }
            switch await examine(part, of: bytes, limits, deadline) {
            case .unavailable(let reason): return ExtractedParts(state: .unavailable(reason))
            case .part(let finding):
                found[part.path] = finding
                limits.textBytes -= finding.texts.reduce(0) { $0 + $1.bytes }
                limits.files -= finding.members.count
            }
        }
        return ExtractedParts(found, state: .done)
    }

    /// Whether extraction works here: starts one process.
    /// - Returns: why not, or nil; and what is missing, such as pdftotext.
    package func probe() async -> (refusal: String?, lacks: [String]) {
        let worker = await take()
        defer { give(worker) }
        return await worker.perform { $0.probe() }
    }

    /// Ends all processes.
    package func shutdown() {
        for worker in workers { worker.stop() }
    }

    /// Processes that run now, for tests that kill them.
    package func processIDs() async -> [Int32] {
        var ids: [Int32] = []
        for worker in workers {
            if let id = await worker.perform({ $0.processID }) { ids.append(id) }
        }
        return ids
    }

    /// Leaves that are attachments, or no text, or texts that may have files in them. An attached message is read by
    /// MIME, and its parts are leaves of their own.
    private static func isWanted(_ part: Part) -> Bool {
        part.children.isEmpty && part.opened == nil && !part.type.isMultipart
            && (part.isAttachment || !part.type.isText || mayHoldFiles(part))
    }

    /// Calendars and cards with a file in them (RFC 5545 section 3.8.1.1).
    private static func mayHoldFiles(_ part: Part) -> Bool {
        guard ContentLines.types.contains(part.type.essence), case .text(let text, _) = part.text else { return false }
        return ContentLines.mayHoldFiles(text)
    }

    /// Why a part is not looked into, or nil: one message must not keep the others waiting.
    private func stop(
        _ number: Int, _ limits: ExtractionLimits, _ deadline: ContinuousClock.Instant
    ) -> ExtractedPart.Problem? {
        if number >= ExtractionSettings.attachments {
            return .unreadable("more than \(ExtractionSettings.attachments) attachments")
        }
        if limits.textBytes <= 0 { return .unreadable("more than \(self.limits.textBytes) bytes of text") }
        if limits.files <= 0 { return .unreadable("more than \(self.limits.files) files inside") }
        if deadline <= .now { return .temporary("no time left for this attachment") }
        return nil
    }

    private func examine(
        _ part: Part, of bytes: MessageBytes, _ limits: ExtractionLimits, _ deadline: ContinuousClock.Instant
    ) async -> ExtractionWorker.Answer {
        var isText = false
        if case .text = part.text { isText = part.type.isText }
        let job = ExtractionJob(
            claimedType: part.contentTypeIsReadable ? String(part.type.essence.prefix(200)) : "",
            claimedCharset: part.type.parameters["charset"].map { String($0.prefix(64)) },
            name: String((part.fileName ?? "").prefix(1024)), textIsRead: isText, limits: limits)
        let body = bytes.slice(part.bodyRange)
        let encoding = part.transferEncoding
        let worker = await take()
        defer { give(worker) }
        // Others may have been before us for long; a call without time left goes on at once, so the queue gets shorter.
        if deadline <= .now { return .part(ExtractedPart(problem: .temporary("no time left for this attachment"))) }
        return await worker.perform { worker in
            guard let decoded = try? TransferDecoder.decode(body, encoding) else {
                return .part(ExtractedPart(problem: .temporary("its bytes cannot be read back")))
            }
            return worker.examine(job, decoded.octets)
        }
    }

    // MARK: Queue

    private func take() async -> ExtractionWorker {
        if let worker = idle.popLast() { return worker }
        return await withCheckedContinuation { waiting.append($0) }
    }

    private func give(_ worker: ExtractionWorker) {
        if waiting.isEmpty { idle.append(worker) } else { waiting.removeFirst().resume(returning: worker) }
    }
}
