// The features log of one path: who takes features down by the path's rules, and where they go.

import Policy

/// A recorder and its log.
struct FeatureLogger: Sendable {
    let recorder: FeatureRecorder
    let log: FeaturesLog
}
