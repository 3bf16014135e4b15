// The program letterlock-extract of the build that the tests run in.

package enum BuiltExtractor {
    /// Its path; suites that want it depend on its target, so it is built.
    package static let program = BuiltProgram.path("letterlock-extract")
}
