// The PROXY protocol, version 2 (haproxy's proxy-protocol.txt, section 2.2): the binary header in which a proxy says
// who the client is. Takes the first octets of a connection; gives the source, or why this is no header. Pure; never
// traps.
//
//   0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A   version and command   family and transport   length (2)   addresses, TLVs

import Mail
package import NIOCore

/// One header.
package enum ProxyHeader {
    /// Who the client is.
    package enum Source: Sendable, Equatable {
        /// A client at this address.
        case address(String)
        /// A client on a Unix socket of the proxy's host.
        case unix
        /// The proxy speaks for itself (LOCAL), or does not say for whom (UNSPEC).
        case proxy
    }

    /// What one look found.
    package enum Outcome: Sendable, Equatable {
        /// The header has not come whole; nothing has been taken.
        case needMore
        /// The header, taken out of the buffer.
        case header(Source)
        /// This is none: why.
        case malformed(String)
    }

    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]
    private static let fixedBytes = 16
    /// Longest header that is read with its TLVs, which are passed over.
    package static let limitBytes = 4096

    /// Reads the header at the start of `buffer`.
    package static func read(from buffer: inout ByteBuffer) -> Outcome {
        let view = buffer.readableBytesView
        // The first octet tells: version 1 begins with "PROXY", SMTP and TLS begin with others again.
        guard view.prefix(signature.count).elementsEqual(signature.prefix(view.count)) else {
            return .malformed("this is no PROXY v2 header")
        }
        guard view.count >= fixedBytes else { return .needMore }
        let fixed = Array(view.prefix(fixedBytes))
        guard fixed[12] >> 4 == 2 else { return .malformed("version \(fixed[12] >> 4) is not 2") }
        guard fixed[12] & 15 <= 1 else { return .malformed("command \(fixed[12] & 15) is neither LOCAL nor PROXY") }
        let length = Int(fixed[14]) << 8 | Int(fixed[15])
        guard fixedBytes + length <= limitBytes else {
            return .malformed("a header of \(fixedBytes + length) bytes exceeds \(limitBytes) bytes")
        }
        guard view.count >= fixedBytes + length else { return .needMore }
        let addresses = Array(view.dropFirst(fixedBytes).prefix(length))
        guard let source = fixed[12] & 15 == 0 ? .proxy : source(fixed[13], addresses) else {
            return .malformed(
                "family and transport 0x\(String(fixed[13], radix: 16)) with \(length) bytes of addresses")
        }
        buffer.moveReaderIndex(forwardBy: fixedBytes + length)
        return .header(source)
    }

    /// Streams only; nil for what is not understood, or too short for its family.
    private static func source(_ family: UInt8, _ addresses: [UInt8]) -> Source? {
        switch family {
        case 0x00: .proxy
        case 0x11 where addresses.count >= 12: IPAddress.text(Array(addresses[..<4])).map(Source.address)
        case 0x21 where addresses.count >= 36: IPAddress.text(Array(addresses[..<16])).map(Source.address)
        case 0x31 where addresses.count >= 216: .unix
        default: nil
        }
    }
}
