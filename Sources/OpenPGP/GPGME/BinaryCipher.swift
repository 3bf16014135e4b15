// What gpg is given to decrypt: binary, where the armor is sound. gpg decodes armor one character at a time, which is
// most of its time for a large message. Pure; nothing is written anywhere.

package import Mail
import Packets

/// Takes armor off.
package enum BinaryCipher {
    private static let begin = Array("-----BEGIN PGP MESSAGE-----".utf8)

    /// The message without its armor; as it is where it has none, or armor that is not quite right, which gpg may still
    /// read: it is the more generous reader, and what it says of damage is what is told.
    /// - Returns: bytes that lie where the armored ones do.
    /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back or kept.
    package static func of(_ cipher: MessageBytes) throws(Refusal) -> MessageBytes {
        let head = try cipher.slice(0..<1024).copy().drop { $0 <= 32 }
        guard head.starts(with: begin) else { return cipher }
        do throws(PacketError) {
            return try Armor.decode(cipher).bytes
        } catch {
            guard case .storage(let what) = error else { return cipher }
            throw Refusal(.storage, "temporary fault while reading the message", detail: "reading armor: \(what)")
        }
    }
}
