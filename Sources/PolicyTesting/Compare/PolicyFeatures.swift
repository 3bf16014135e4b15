// The features of a message that lies here, as the gateway's log would have them: nobody has a key.

import MIME
package import Mail
package import Policy
package import SettingValues

/// Makes features without a gateway.
package enum PolicyFeatures {
    /// - Throws: a ``Refusal`` of cause `storage`.
    package static func of(
        _ received: ReceivedMessage, _ rules: Ruleset, limits: Limits = Limits(), fingerprint: (String) -> String
    ) throws(Refusal) -> MessageFeatures {
        decideAndRecord(
            try read(received, limits: limits), known: KnownKeys(), rules: rules,
            nowSeconds: received.receivedAtSeconds, recorder: FeatureRecorder(rules, fingerprint: fingerprint)
        ).features
    }
}
