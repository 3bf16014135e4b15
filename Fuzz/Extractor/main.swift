// libFuzzer's way into FuzzEntries.extractor.

import FuzzEntries

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.extractor.run(Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count)))
    return 0
}
