import OpenPGP
import Testing

@Suite struct UserIDTests {
    @Test(
        arguments: [
            ("Bob <bob@example.org>", "bob@example.org"), ("bob@example.org", "bob@example.org"),
            ("  bob@example.org ", "bob@example.org"), ("<Bob@EXAMPLE.org>", "bob@example.org"),
            ("Bob (work, <not this) <bob@example.org>", nil), ("Bob (work) <bob@example.org>", "bob@example.org"),
            ("Bob <bob@example.org> <eve@example.net>", nil), ("Bob <bob@example.org> tail>", nil), ("Bob", nil),
            ("", nil),
            (">bob@example.org<", nil), ("Bob <bob@example.org", nil), ("Bob <bob@exa mple.org>", nil),
            ("Bob <bob\n@example.org>", nil), ("a@b@c", nil),
        ] as [(String, String?)])
    func addressOfAUserID(text: String, expected: String?) {
        #expect(UserIDAddress.folded(text) == expected)
    }

    @Test func certificatesAreReadAsFarAsTheyGo() throws {
        let bob = try TestKeys.certificate("bob")
        #expect(CertificatePeek.addresses(bob) == ["bob@example.org"])
        for count in 0..<bob.count { #expect(CertificatePeek.addresses(Array(bob[..<count])).count <= 1) }
        for _ in 0..<300 {
            var broken = bob
            for _ in 0..<4 { broken[Int.random(in: 0..<broken.count)] = UInt8.random(in: 0...255) }
            #expect(CertificatePeek.addresses(broken).count <= 3)
        }
        #expect(CertificatePeek.addresses([0xCD, 255, 255, 255, 255, 255]).isEmpty)
        #expect(CertificatePeek.addresses([0xB7, 1, 2, 3]).isEmpty)
    }
}
