// The admin page: what each path answers, and to whom. Nothing here touches a database: what is shown and
// done is an operation. Every answer carries the headers of a page that nobody else may use; every action is logged.

import Cryptography
import Foundation
import HTTPTypes
import Hummingbird
package import Logging
import Mail
import NIOCore
package import Operations
import SASL
import Synchronization
import Wording

/// The pages behind the admin listener.
package struct AdminPage: Sendable {
    private static let mostBodyBytes = 8192

    let operations: any AdminOperations
    let access: AdminAccess
    let sessions: Sessions
    private let logger: Logger
    private let nowSeconds: @Sendable () -> Int64
    /// Where nobody is asked for a password there is one visitor.
    private let local: LocalVisitor

    /// - Throws: ``AdminError`` where there is no randomness, or a guest could come from elsewhere without a password.
    package init(
        operations: any AdminOperations, access: AdminAccess, logger: Logger,
        nowSeconds: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) },
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) throws(AdminError) {
        guard access.isLocal || (access.login != nil && access.isTLS) else {
            throw AdminError(
                description: "the admin page on an address that is not loopback needs TLS and a file of users\n"
                    + "  hint: set `admin.users`, `admin.certificate` and `admin.key`, or listen on 127.0.0.1")
        }
        guard let session = Sessions.localSession(random: { try? Randomness.bytes($0) }) else {
            throw AdminError(description: "starting the admin page: there is no randomness")
        }
        self.operations = operations
        self.access = access
        self.logger = logger
        self.nowSeconds = nowSeconds
        sessions = Sessions(idle: access.idle, longest: access.longest, now: now, random: { try? Randomness.bytes($0) })
        local = LocalVisitor(session: session)
    }

    /// True where this client may read metrics and the details of health.
    func mayWatch(_ request: Request, from peer: String) -> Bool {
        access.isLocal || access.mayWatch(peer) || session(of: request) != nil
    }

    /// The answer; `request.method` is anything.
    func respond(to request: Request, from peer: String, readiness: Readiness) async -> Response {
        let host = Self.host(of: request)
        guard isOurs(request) else {
            return Answers.plain(.misdirectedRequest, "this is not the page of that name\n")
        }
        let words = Words(
            language: Words.language(accepted: request.headers[.acceptLanguage]), timeZone: .current,
            nowSeconds: nowSeconds())
        switch request.method {
        case .get, .head:
            let answer = await get(request, words, readiness)
            return request.method == .head ? Answers.withoutBody(answer) : answer
        case .post:
            guard access.isFromOurPage(request.headers, host: host) else {
                logger.warning("admin page: a form from elsewhere", metadata: ["client": "\(peer)"])
                return Answers.plain(.forbidden, "this form did not come from this page\n")
            }
            return await post(request, words, peer)
        default: return Answers.plain(.methodNotAllowed, "only GET, HEAD and POST\n")
        }
    }

    /// True where a request names this page, and not somebody's name that leads here: a page of another site could else
    /// read what is open on loopback.
    func isOurs(_ request: Request) -> Bool { access.isOurs(host: Self.host(of: request)) }

    private static func host(of request: Request) -> String? { request.head.authority ?? request.headers[host] }

    private static let host = HTTPField.Name("Host") ?? .origin

    // MARK: Looking

    private func get(_ request: Request, _ words: Words, _ readiness: Readiness) async -> Response {
        let path = request.uri.path
        if let asset = Assets.files[path] { return Answers.asset(asset) }
        guard let session = session(of: request) else {
            if path == "/login" { return Answers.page(LoginPage.markup(words, problem: nil), words) }
            return Answers.see("/login")
        }
        let query = Query(request)
        let visit = Visit(words: words, session: session, notice: notice(of: session))
        switch path {
        case "/":
            let flow = await Self.attempt { () async throws(Refusal) in try await operations.today() }
            let report = await readiness.report()
            return page(visit, .today, TodayPage.markup(words, flow, report, await operations.refusals().count))
        case "/links":
            let letters = await Self.attempt { () async throws(Refusal) in try await operations.letters() }
            return page(visit, .links, LinksPage(words: words, session: session, query: query).markup(letters))
        case "/quarantine":
            let held = await Self.attempt { () async throws(Refusal) in try await operations.held() }
            return page(
                visit, .quarantine, QuarantinePage(words: words, session: session, query: query).markup(held))
        case "/keys":
            let keys = await Self.attempt { () async throws(Refusal) in try await operations.keys() }
            return page(visit, .keys, KeysPage.markup(words, query, keys))
        case "/refusals": return page(visit, .refusals, RefusalsPage.markup(words, query, await operations.refusals()))
        case "/health":
            return page(visit, .health, HealthPage.markup(words, await operations.health(), await readiness.report()))
        case "/login": return Answers.see("/")
        default:
            let missing: Markup = "<h1>\(words("missing-title"))</h1><p><a href=\"/\">\(words("missing-home"))</a></p>"
            return Answers.page(Frame.markup(visit, nil, missing), words, status: .notFound)
        }
    }

    private func page(_ visit: Visit, _ tab: Tab, _ body: Markup) -> Response {
        Answers.page(Frame.markup(visit, tab, body), visit.words)
    }

    private static func attempt<Value: Sendable>(
        _ work: () async throws(Refusal) -> Value
    ) async -> Result<Value, Refusal> {
        do throws(Refusal) { return .success(try await work()) } catch { return .failure(error) }
    }

    // MARK: Doing

    private func post(_ request: Request, _ words: Words, _ peer: String) async -> Response {
        guard let buffer = try? await request.body.collect(upTo: Self.mostBodyBytes) else {
            return Answers.plain(.contentTooLarge, "the form is too large\n")
        }
        let form = Form(buffer)
        if request.uri.path == "/login" { return await logIn(form, words, peer) }
        guard let session = session(of: request) else { return Answers.see("/login") }
        guard Sessions.equal(form["form"] ?? "", session.formToken) else {
            logger.warning("admin page: a form without its token", metadata: ["who": "\(session.who)"])
            return Answers.plain(.forbidden, "this form is not valid any more: load the page again\n")
        }
        let id = form["id"] ?? ""
        let visitor = (session: session, words: words, peer: peer)
        guard id.utf8.count <= 100 else { return Answers.plain(.badRequest, "this id is too long\n") }
        switch request.uri.path {
        case "/logout":
            sessions.end(session.token)
            log("logged out", session, peer)
            return Answers.see("/login", cookie: access.endedCookie)
        case "/links/revoke":
            await act(Action(name: "revoked a letter", id: id, done: "revoked", nothing: "revoke-nothing"), visitor) {
                () async throws(Refusal) in try await operations.revoke(id, by: session.who)
            }
            return Answers.see("/links")
        case "/quarantine/drop":
            let reason = String((form["reason"] ?? "").prefix(500))
            await act(Action(name: "dropped a held message", id: id, done: "dropped", nothing: "held-nothing"), visitor)
            {
                () async throws(Refusal) in try await operations.drop(id, reason: reason, by: session.who)
            }
            return Answers.see("/quarantine")
        case "/quarantine/release":
            await act(
                Action(name: "released a held message", id: id, done: "released", nothing: "held-nothing"), visitor
            ) {
                () async throws(Refusal) in try await operations.release(id, by: session.who)
            }
            return Answers.see("/quarantine")
        default: return Answers.plain(.notFound, "not here\n")
        }
    }

    /// One thing that a visitor may have done.
    private struct Action {
        /// As the log has it.
        let name: String
        let id: String
        /// Texts for where it was done, and for where there was nothing of this id.
        let done: String, nothing: String
    }

    /// Does something once, logs it, and keeps what the next page says about it.
    private func act(
        _ action: Action, _ visitor: (session: Session, words: Words, peer: String),
        _ work: () async throws(Refusal) -> Bool
    ) async {
        let (session, words, peer) = visitor
        var notice: Sessions.Notice
        do throws(Refusal) {
            let isDone = try await work()
            log(isDone ? action.name : "\(action.name): there was none", session, peer, id: action.id)
            notice = .init(isError: !isDone, text: words(isDone ? action.done : action.nothing))
        } catch {
            log("\(action.name): failed", session, peer, id: action.id, reason: error.detail)
            notice = .init(isError: true, text: words("failed", ["reason": error.detail]))
        }
        if session.isLogin { sessions.note(notice, for: session.token) } else { local.note(notice) }
    }

    private func logIn(_ form: Form, _ words: Words, _ peer: String) async -> Response {
        guard let login = access.login else { return Answers.see("/") }
        let name = form["name"] ?? ""
        let outcome = await login.check(
            name: name, password: Secret(form["password"] ?? ""), code: form["code"] ?? "", clientAddress: peer)
        let problem: String
        switch outcome {
        case .accepted(let who):
            guard let session = sessions.begin(who) else { return Answers.plain(.serviceUnavailable, "try again\n") }
            log("logged in", session, peer)
            return Answers.see("/", cookie: access.cookie(session.token))
        case .wrong:
            // Without the name: a password typed into the wrong field would stand in the log.
            logger.warning("admin page: a log-in was refused", metadata: ["client": "\(peer)"])
            problem = words("login-wrong")
        case .resting(let seconds):
            logger.warning("admin page: log-ins rest", metadata: ["client": "\(peer)"])
            problem = words("login-resting", ["minutes": "\((seconds + 59) / 60)"])
        case .unavailable: problem = words("login-unavailable")
        }
        return Answers.page(LoginPage.markup(words, problem: problem), words, status: .forbidden)
    }

    private func log(_ what: String, _ session: Session, _ peer: String, id: String = "", reason: String = "") {
        var metadata: Logger.Metadata = ["who": "\(session.who)", "client": "\(peer.isEmpty ? "unix" : peer)"]
        if !id.isEmpty { metadata["id"] = "\(id)" }
        if !reason.isEmpty { metadata["reason"] = "\(reason)" }
        logger.notice("admin page: \(what)", metadata: metadata)
    }

    // MARK: Who

    private func session(of request: Request) -> Session? {
        guard let login = access.login else { return local.session }
        guard let token = access.token(in: request.headers), let session = sessions.find(token) else { return nil }
        // Who was taken out of the file is out.
        guard login.knows(session.who) else {
            sessions.end(token)
            return nil
        }
        return session
    }

    private func notice(of session: Session) -> Sessions.Notice? {
        session.isLogin ? sessions.takeNotice(of: session.token) : local.takeNotice()
    }
}

/// The one visitor of a page without password.
private final class LocalVisitor: Sendable {
    let session: Session
    private let notice = Mutex<Sessions.Notice?>(nil)

    init(session: Session) { self.session = session }

    func note(_ notice: Sessions.Notice) { self.notice.withLock { $0 = notice } }

    func takeNotice() -> Sessions.Notice? {
        notice.withLock { notice in
            let taken = notice
            notice = nil
            return taken
        }
    }
}

extension Sessions {
    /// The session of any visitor of a page that asks for no password.
    static func localSession(random: @escaping @Sendable (Int) -> [UInt8]?) -> Session? {
        let maker = Sessions(idle: .seconds(1), longest: .seconds(1), now: { .now }, random: random)
        return maker.begin("local", isLogin: false)
    }
}

/// One request for a page by somebody who is in.
struct Visit: Sendable {
    let words: Words
    let session: Session
    let notice: Sessions.Notice?
}
