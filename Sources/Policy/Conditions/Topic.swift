// What conditions ask as sets and intervals, so that two can be compared: whether one holds wherever another does
// (PolicyAnalysis). A value.

import Detection

/// What can be compared of a leaf.
package enum Topic {
    /// An address, by whose it is.
    case address(String, AddressTest)
    /// A number, both limits exclusive.
    case number(String, over: Int64?, under: Int64?)
    /// One of some values.
    case choice(String, Set<String>)
    /// Minutes of the week in a zone.
    case minutes(String, [Bool])
    /// Anything else: equal or not, by what it says.
    case other

    /// A number by its limits.
    static func number(_ what: String, _ test: CountTest) -> Topic {
        .number(what, over: test.over.map(Int64.init), under: test.under.map(Int64.init))
    }
}
