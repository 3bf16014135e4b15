// `limits`: all limits, each with its default, its unit in its name and its reason.

/// Limits of one gateway; every one can be set in the settings.
package struct Limits: Sendable, Equatable {
    /// Largest message taken, in bytes. 50 MiB: what large providers take, with room for base64.
    package var messageBytes = 50 * 1024 * 1024
    /// SMTP connections at once. Each costs a task and small buffers.
    package var connections = 200
    /// Recipients of one message (RFC 5321 section 4.5.3.1.8 asks for at least 100).
    package var recipients = 1000
    /// Longest command line with CRLF, in bytes (RFC 5321 section 4.5.3.1.4 says 512; AUTH and SMTPUTF8 need more).
    package var commandBytes = 2048
    /// Longest line of text in DATA with CRLF, in bytes. RFC 5321 says 1000; real mail has more.
    package var textLineBytes = 1024 * 1024
    /// Longest wait for the next whole command or the next piece of DATA, in seconds (RFC 5321 section 4.5.3.2.7: 5
    /// min).
    package var idleSeconds = 300
    /// Longest life of one connection, in seconds.
    package var sessionSeconds = 3600
    /// From the final dot to our reply, in seconds (RFC 5321 section 4.5.3.2.6 lets the client wait 10 min).
    package var replySeconds = 540
    /// Commands a client may get wrong before it is sent away.
    package var badCommands = 20
    /// Nesting of MIME parts that is read; deeper parts are a problem the policy can see.
    package var mimeDepth = 100
    /// Parts of one message that are read; more is a problem the policy can see.
    package var mimeParts = 10_000
    /// Header section of one entity that is read, in bytes.
    package var headerBytes = 1024 * 1024
    /// Received fields in a message before it counts as a loop (RFC 5321 section 6.3).
    package var receivedFields = 100
    /// Wait for a connection to the next hop, in seconds.
    package var nextHopConnectSeconds = 30
    /// Wait for a reply of the next hop to a command, in seconds (RFC 5321 section 4.5.3.2: 5 min for MAIL and RCPT).
    package var nextHopReplySeconds = 300
    /// Connections to the next hop that are kept open for the next message.
    package var nextHopIdleConnections = 16
    /// How long a kept connection to the next hop may lie idle, in seconds.
    package var nextHopIdleSeconds = 30

    /// Bytes of all messages that are being received or handled, in memory and in sealed temporary files; where a new
    /// one would go over it, DATA is answered 452.
    package var inFlightBytes = 2 * 1024 * 1024 * 1024
    /// Of each body that much is kept in memory, in bytes, whatever else there is.
    package var memoryBytes = 256 * 1024
    /// What all bodies together may keep in memory beyond that, in bytes; what does not fit goes to a sealed temporary
    /// file. 64 MiB: a message of 25 MiB and its armor.
    package var memoryBudgetBytes = 64 * 1024 * 1024
    /// Longest time from DATA (or the first BDAT) to the end of the message, in seconds: a client that drips is cut
    /// off.
    package var dataSeconds = 1800
    /// From the end of a message to our answer over the milter protocol, in seconds (MTAs wait 300 s by default, and
    /// their own client is waiting too).
    package var milterReplySeconds = 90
    /// Wrong passwords of one user or client network before it has to wait.
    package var loginFailures = 5
    /// Connections of one client address at once; 0 is no limit of its own, because most gateways have one client: the
    /// MTA in front.
    package var connectionsPerClient = 0
    /// After SIGTERM, longest wait for the messages in hand, in seconds; what is not done then is broken off without an
    /// answer. Less than the 90 s after which service managers kill.
    package var shutdownSeconds = 30

    /// The defaults.
    package init() {}
}
