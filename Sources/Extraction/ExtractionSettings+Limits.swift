// What follows from the settings of extraction.

package import ExtractionWire
package import SettingValues

extension ExtractionSettings {
    /// Attachments of one message that are looked into.
    static let attachments = 1000
    /// Time after which no further attachment of one message is begun, in seconds. The last one may take two time-outs,
    /// and a milter's MTA waits for 90 s.
    var messageSeconds: Int { timeoutSeconds * 2 }

    /// What is looked into at most, of one attachment. A quarter of the time is for waiting.
    package var limits: ExtractionLimits {
        ExtractionLimits(
            textBytes: textBytes, unpackedBytes: unpackedBytes, files: files, depth: depth,
            cpuSeconds: max(1, timeoutSeconds * 3 / 4))
    }
}
