// Any bytes as OpenPGP packets and as armored text. What is decoded encodes to the same again, and a cut changes nothing.

import Mail
import Packets

enum OpenPGPEntry {
    static func run(_ input: [UInt8]) {
        let bytes = MessageBytes(bytes: input)
        let parsed = try? EncryptedMessage.parse(bytes)
        let certificates = try? Certificates.split(bytes)
        for certificate in certificates ?? [] { promise(!certificate.isEmpty, "an empty certificate") }
        let blocks = try? Armor.blocks(in: bytes)
        for block in blocks ?? [] {
            promise(block.range.upperBound <= input.count, "a block beyond the text")
            let again = try? Armor.decode(Armor.encode(block.bytes, kind: block.kind))
            promise(again?.bytes == block.bytes, "armor does not come back")
        }
        _ = try? Armor.decode(bytes)
        guard input.count > 1 else { return }
        let cut = 1 + Int(input[0]) % (input.count - 1)
        let joined = MessageBytes(
            joining: [MessageBytes(bytes: input[..<cut]), MessageBytes(bytes: input[cut...])])
        promise((try? EncryptedMessage.parse(joined)) == parsed, "a cut at \(cut) changes the packets")
        promise((try? Armor.blocks(in: joined)) == blocks, "a cut at \(cut) changes the armor")
    }
}
