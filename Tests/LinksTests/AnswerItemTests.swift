// Items of answers: they open for the gateway they are meant for, from a reader who has opened the letter, and for
// nothing else.

import Cryptography
import Links
import Mail
import Testing

@Suite struct AnswerItemTests {
    /// A letter's conversation and a gateway's pair.
    struct Pair {
        let gateway: GatewayKey
        let other: GatewayKey
        let conversation: GatewayKey
        let names = AnswerNames(letterID: "AAECAwQFBgcICQoLDA0ODw", answerID: "EBESExQVFhcYGRobHB0eHw")

        init() throws {
            gateway = try GatewayKey.make()
            other = try GatewayKey.make()
            conversation = try GatewayKey.make()
        }

        func seal(_ plain: MessageBytes, _ number: Int = 1) throws -> MessageBytes {
            try AnswerSealer(names, gateway: gateway.publicPoint, conversation: conversation.privateDER)
                .seal(plain, number: number)
        }

        var opener: AnswerOpener {
            AnswerOpener(names, gateway: gateway, conversation: conversation.publicPoint)
        }
    }

    @Test(arguments: [0, 1, 15, 1_048_575, 1_048_576, 1_048_577, 2_097_152])
    func whatIsSealedOpens(bytes: Int) throws {
        let pair = try Pair()
        let plain = MessageBytes(bytes: (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let sealed = try pair.seal(plain)
        #expect(sealed.count == AnswerItems.sealedBytes(of: bytes))
        #expect(try pair.opener.open(sealed, number: 1) == plain)
        // Never the same twice: the pair is new each time.
        #expect(try pair.seal(plain) != sealed)
    }

    @Test func aStoredPairIsTheSame() throws {
        let pair = try GatewayKey.make()
        #expect(try GatewayKey(privateDER: pair.privateDER).publicPoint == pair.publicPoint)
        let rubbish = [UInt8](repeating: 3, count: 138)
        #expect(throws: CryptographyError.self) {
            try GatewayKey(privateDER: rubbish.withUnsafeBytes { SecretBytes(copying: $0) })
        }
    }

    @Test func itOpensInItsPlaceOnly() throws {
        let pair = try Pair()
        let sealed = try pair.seal(MessageBytes("hello"))
        func fails(_ opener: AnswerOpener, _ number: Int = 1) {
            #expect(throws: CryptographyError.self) { try opener.open(sealed, number: number) }
        }
        fails(pair.opener, 0)
        fails(pair.opener, 11)
        for names in [
            AnswerNames(letterID: pair.names.answerID, answerID: pair.names.answerID),
            AnswerNames(letterID: pair.names.letterID, answerID: pair.names.letterID),
        ] {
            fails(AnswerOpener(names, gateway: pair.gateway, conversation: pair.conversation.publicPoint))
        }
        fails(AnswerOpener(pair.names, gateway: pair.other, conversation: pair.conversation.publicPoint))
        // A client that has not opened the letter lacks the conversation's private key.
        fails(AnswerOpener(pair.names, gateway: pair.gateway, conversation: pair.other.publicPoint))
    }

    @Test func anOutsiderCannotMakeOne() throws {
        let pair = try Pair()
        let forged = try AnswerSealer(
            pair.names, gateway: pair.gateway.publicPoint, conversation: pair.other.privateDER
        ).seal(MessageBytes("forged"), number: 1)
        #expect(throws: CryptographyError.self) { try pair.opener.open(forged, number: 1) }
    }

    @Test func alteredBytesDoNotOpen() throws {
        let pair = try Pair()
        let sealed = try pair.seal(MessageBytes(bytes: [UInt8](repeating: 7, count: 1_048_600))).copy()
        for place in [0, 1, 64, 65, 1000, 1_048_641 + 16, sealed.count - 1] {
            var altered = sealed
            altered[place] ^= 1
            #expect(throws: CryptographyError.self) { try pair.opener.open(MessageBytes(bytes: altered), number: 1) }
        }
        for length in [0, 1, 64, 65, 80, 1_048_657, sealed.count - 1] {
            #expect(throws: CryptographyError.self) {
                try pair.opener.open(MessageBytes(bytes: sealed.prefix(length)), number: 1)
            }
        }
        #expect(throws: CryptographyError.self) { try pair.opener.open(MessageBytes(bytes: sealed + [0]), number: 1) }
    }

    /// Infinity, points off the curve, compressed ones, wrong lengths: on either side, in either place.
    @Test func hostilePointsAreRefused() throws {
        let pair = try Pair()
        let good = pair.other.publicPoint
        var off = good
        off[64] ^= 1
        let points: [[UInt8]] = [
            [], [0], [4], off, [UInt8](repeating: 0, count: 65), [4] + [UInt8](repeating: 0, count: 64),
            [4] + [UInt8](repeating: 0xff, count: 64), [2] + good[1..<33], [6] + good[1...], good + [0],
            Array(good.dropLast()),
        ]
        let sealed = try pair.seal(MessageBytes("hello")).copy()
        for point in points {
            #expect(throws: CryptographyError.malformed("a public key")) {
                try AnswerSealer(pair.names, gateway: point, conversation: pair.conversation.privateDER)
                    .seal(MessageBytes("x"), number: 0)
            }
            #expect(throws: CryptographyError.malformed("a public key")) {
                try AnswerOpener(pair.names, gateway: pair.gateway, conversation: point)
                    .open(MessageBytes(bytes: sealed), number: 1)
            }
            guard point.count == 65 else { continue }
            #expect(throws: CryptographyError.malformed("a public key")) {
                try pair.opener.open(MessageBytes(bytes: point + sealed[65...]), number: 1)
            }
        }
    }
}
