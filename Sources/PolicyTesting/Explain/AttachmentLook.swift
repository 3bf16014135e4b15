// Looking into attachments for the commands that judge without a gateway: as the gateway does it, where a rule asks for
// it.

package import Extraction
package import MIME
package import Mail
package import Policy

/// What attachments hold, without a gateway.
package enum AttachmentLook {
    /// - Parameter extraction: nil where the settings say never.
    /// - Returns: what the gateway would judge by.
    package static func extract(
        _ parsed: ParsedMessage, _ rules: Ruleset, _ extraction: ExtractionPool?
    ) async -> ExtractedParts {
        guard let extraction, rules.looksInside else { return ExtractedParts() }
        return await extraction.extract(parsed)
    }
}
