// Messages as mail programs write them.

enum Samples {
    /// A plain message with the given subject and body.
    static func plain(subject: String, body: String, to: String = "bob@example.net", extra: String = "") -> String {
        """
        Message-ID: <1@client.example.org>\r
        Date: Sun, 22 Nov 2026 10:00:00 +0100\r
        From: Alice Example <alice@example.org>\r
        To: \(to)\r
        Subject: \(subject)\r
        \(extra)MIME-Version: 1.0\r
        Content-Type: text/plain; charset=utf-8; format=flowed\r
        Content-Transfer-Encoding: 8bit\r
        \r
        \(body)\r

        """
    }

    /// A message with a text in ISO-8859-15 and an attachment with a non-ASCII name.
    static func attachment(
        subject: String, to: String, name: String = "=?utf-8?Q?R=C3=A9sultats.pdf?=", type: String = "application/pdf"
    ) -> String {
        """
        From: Alice Example <alice@example.org>\r
        To: \(to)\r
        Subject: \(subject)\r
        Date: Sun, 22 Nov 2026 10:00:00 +0100\r
        Message-ID: <2@client.example.org>\r
        MIME-Version: 1.0\r
        Content-Type: multipart/mixed;\r
        \tboundary="=-x y-="\r
        \r
        This is a multi-part message.\r
        --=-x y-=\r
        Content-Type: text/plain; charset=ISO-8859-15\r
        Content-Transfer-Encoding: quoted-printable\r
        \r
        R=E9sum=E9: 5 =A4\r
        .leading dot\r
        \r
        --=-x y-=\r
        Content-Type: \(type)\r
        Content-Transfer-Encoding: base64\r
        Content-Disposition: attachment; filename="\(name)"\r
        \r
        JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBvYmoKPDwvTGVuZ3RoIDMgMCBSPj4K\r
        \r
        --=-x y-=--\r

        """
    }
}
