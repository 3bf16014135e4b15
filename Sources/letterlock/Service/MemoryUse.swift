// How the C library's allocator gives memory back. Touches this process's allocator only.

import Glibc

/// Settings of malloc for a process that runs for months.
enum MemoryUse {
    // malloc.h, which Swift's Glibc module does not have.
    private static let mmapThreshold: Int32 = -3
    private static let arenaMax: Int32 = -8

    /// To be called once, before there are threads.
    ///
    /// glibc raises its threshold for mapping blocks of their own to the largest block ever freed (mallopt(3)): after
    /// one text of 30 MiB, texts of that size would be cut out of the heap and leave it full of holes that are never
    /// given back. A threshold that was set stays. And each thread would get an arena of its own with holes of its own:
    /// most of our threads wait for gpg, so a few arenas are enough.
    static func settle() {
        typealias Mallopt = @convention(c) (Int32, Int32) -> Int32
        // Looked up at run time; other C libraries have neither the function nor the habit.
        guard let symbol = dlsym(nil, "mallopt") else { return }
        let mallopt = unsafeBitCast(symbol, to: Mallopt.self)
        _ = mallopt(mmapThreshold, 512 * 1024)
        _ = mallopt(arenaMax, 2)
    }
}
