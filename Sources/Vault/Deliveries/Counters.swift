// Hourly counts of what became of mail: today's survive a restart, old ones go.

package import Mail

/// Counts by hour and kind. All methods throw a ``Refusal`` of cause `storage`.
package protocol Counters: Sendable {
    /// Adds to the counts; one commit, in which old ones go.
    func addFlow(_ counts: [FlowCount], nowHour: Int64) async throws(Refusal)
    /// The counts since an hour.
    func flow(sinceHour: Int64) async throws(Refusal) -> [FlowCount]
}
