// How much readers may upload before the gateway has it in hand.

/// Bounds of the outbox of answers.
package enum UploadLimits {
    /// Uploads of one letter that may be under way at once.
    package static let uploadsPerLetter = 2
    /// Bytes of items in the outbox, of all letters together: an upload beyond them finds no room.
    package static let mostOutboxBytes = 1024 * 1024 * 1024
    /// An upload that nothing was heard of for so long makes room for another of the same letter, in seconds.
    package static let idleUploadSeconds: Int64 = 60
    /// An upload that nothing was heard of for so long is abandoned, in seconds.
    package static let abandonedSeconds: Int64 = 3600
    /// Bytes of an item in one row; the last row of an item may hold fewer.
    package static let pieceBytes = 512 * 1024
}
