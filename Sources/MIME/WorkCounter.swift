// Counts steps of reading, so that a test can prove that reading is linear without looking at a clock.

/// Steps taken so far. A step is a byte looked at outside of memchr-like library calls, give or take a constant.
struct WorkCounter {
    var steps = 0
}
