// Certificates that gpg 2.2 cannot make, made packet by packet; nobody has their secret keys.

enum CraftedKeys {
    /// `Ada <ada@example.org>`, ed25519 and cv25519; features subpacket with MDC and AEAD (0x03), prefers OCB.
    static let aead = """
        -----BEGIN PGP PUBLIC KEY BLOCK-----

        xjMEX14QABYJKwYBBAHaRw8BAQdAMZaAJ3QtGTT6hFRhD/2RalbmpQdMIkdoJk4L
        1MwtiHXNFUFkYSA8YWRhQGV4YW1wbGUub3JnPsKIBBMWCAAwBQJfXhAAFiEEtYl5
        Aj679Gfj2uVLUK7hJ1Sp3kkCGwMECwkIBwMVCggCHgMDIgIBAAoJEFCu4SdUqd5J
        jxAA/2sy2WjEwd3YJ/T3KlQgfLZnZ8jDOo457WXOUl3ULvN9AQCAbfeEZUIKvaOR
        CcY4F4E6AMulmdECs0I9fSCNB5RoCc44BF9eEAASCisGAQQBl1UBBQEBB0A27Zeu
        5sfRLdL0MBH0QMuMAucZtCLUrPFZX0ZsVHeSVQMBCAfCeAQYFggAIAUCX14QABYh
        BLWJeQI+u/Rn49rlS1Cu4SdUqd5JAhsMAAoJEFCu4SdUqd5JbCEA/RsqptPv9W8k
        w8/isNXwJwwolJLTNsgvjDM+a/53o52iAQDo2RC2xS37n7Oc3JVHDvGGLe4I7Z5g
        dpaA3XpyiSj9Dg==
        =WOFR
        -----END PGP PUBLIC KEY BLOCK-----

        """

    /// `Uma <uma@example.org>`, valid; `Uma <uma@example.net>`, whose self-signature expired on 2021-09-13.
    static let expiredUserID = """
        -----BEGIN PGP PUBLIC KEY BLOCK-----

        xjMEX14QABYJKwYBBAHaRw8BAQdABqh83jle0JOUITxCA4OISlxfPS7t3N9d/Ll+
        6WKLT3jNFVVtYSA8dW1hQGV4YW1wbGUub3JnPsKEBBMWCAAsBQJfXhAAFiEERT7W
        Wm5xQ3t4aUI72LYbJSuYNA8CGwMECwkIBwMVCggCHgEACgkQ2LYbJSuYNA9dxgD+
        OwVpBA7zW5jaqu0OepLghAkEtPjxNR4xPip90bWeLwwA/0pd5GYa8iYc6Y0v0dMy
        r7r4uLJ+JsN9YtP3MU2oJSoMzRVVbWEgPHVtYUBleGFtcGxlLm5ldD7CigQTFggA
        MgUCX14QABYhBEU+1lpucUN7eGlCO9i2GyUrmDQPAhsDBAsJCAcDFQoIAh4BBQMB
        4TOAAAoJENi2GyUrmDQPyjYBALGDhlI5u9sfRSZv5edzpz/NU5pdcqbWldxG6o+k
        SZxKAP9HAFJmshTyboiiHMxl2Xm7A2GWouR0cRWyNxaHscMyB844BF9eEAASCisG
        AQQBl1UBBQEBB0A3PDFlgZZMPFF6N+wgrxRiSTOq1qfMaLSKFF07lrXGQAMBCAfC
        eAQYFggAIAUCX14QABYhBEU+1lpucUN7eGlCO9i2GyUrmDQPAhsMAAoJENi2GyUr
        mDQPwXcBAKd96Qi+N04bb8C+hxpME4GKuwTyKPZ8n2IlfE6GAoHvAQCMiIT8xOXU
        HDWwjuzT8VMpsKtN72ow4+5Rb11QXYopCA==
        =i+gN
        -----END PGP PUBLIC KEY BLOCK-----

        """
}
