// libFuzzer's way into FuzzEntries.documents.

import FuzzEntries

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.documents.run(Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count)))
    return 0
}
