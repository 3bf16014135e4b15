// The letters page: without it nobody can open the links that the gateway makes. Touches its listener and the public
// address of links, as a browser would: requests for /healthz, which looks into the letters database.

import Foundation
import Mail
import NIOCore
import Settings

extension Examination {
    func portalFindings() async -> [Finding] {
        guard let url = settings.links.url else { return [] }
        let own = await portalFinding()
        return [own] + (await publicFindings(url, portalAnswers: own.state == .ok))
    }

    private func portalFinding() async -> Finding {
        let place = "the portal at \"\(settings.listen.portal)\" (listen.portal)"
        let answer: WebCall.Answer
        do {
            // Whether its certificate is good is told by the file itself, and by the public address.
            answer = try await WebCall(
                address: settings.listen.portal, tls: settings.portal.tls.certificate == nil ? .none : .unverified,
                path: "/healthz"
            ).answer(group)
        } catch {
            return .warn(
                "portal", "\(place) does not answer: nobody can open a link now: \(Self.words(error))",
                hint: "start it: systemctl start letterlock-portal, or letterlock serve --with-portal")
        }
        guard answer.status == 200 else {
            return .warn(
                "portal", "\(place) answers, and cannot read the letters",
                hint: "see its log: journalctl -u letterlock-portal; gateway and portal must be of one version")
        }
        return .ok("portal", "\(place) answers")
    }

    /// The address that stands in the mails, with its name and certificate.
    private func publicFindings(_ url: String, portalAnswers: Bool) async -> [Finding] {
        guard let parts = URLComponents(string: url), let host = parts.host else { return [] }
        let isTLS = parts.scheme == "https"
        let name = host.trimmingCharacters(in: ["[", "]"])
        let address = HostPort.tcp(host: name, port: parts.port ?? (isTLS ? 443 : 80))
        let authority = parts.port.map { "\(host):\($0)" } ?? host
        var call = WebCall(address: address, host: authority, path: "\(parts.path)/healthz")
        call.tls = isTLS ? .unverified : .none
        let place = "\"\(url)\" (links.url)"
        let answer: WebCall.Answer
        do { answer = try await call.answer(group) } catch {
            return [
                .warn(
                    "portal", "\(place) cannot be reached from here: \(Self.words(error))",
                    hint: "see DNS, firewall and the TLS server in front of the portal; if only this machine cannot "
                        + "reach it, try it from another")
            ]
        }
        var findings = isTLS ? await certificateFindings(call, name, place, answer.certificateEnd) : []
        if answer.status != 200 {
            let what =
                portalAnswers
                ? "it answers \(answer.status) to /healthz, and the portal itself does not"
                : "it answers \(answer.status), and does not reach the portal"
            findings.append(
                .warn(
                    "portal", "\(place): \(what)",
                    hint: "let the server in front pass everything under it to \"\(settings.listen.portal)\" "
                        + "(docs/links/portal.md)"))
        } else if !answer.body.hasPrefix("ok") {
            findings.append(
                .warn(
                    "portal", "\(place): something else answers there",
                    hint: "let the server in front pass everything under it to \"\(settings.listen.portal)\" "
                        + "(docs/links/portal.md)"))
        }
        return findings.isEmpty ? [.ok("portal", "\(place) leads to it")] : findings
    }

    private func certificateFindings(
        _ call: WebCall, _ name: String, _ place: String, _ end: Int64?
    ) async -> [Finding] {
        let hint = "renew it; the server in front of the portal, or portal.certificate, has it"
        if let end, end <= nowSeconds {
            return [.warn("portal", "\(place): its certificate has expired: browsers open no letter", hint: hint)]
        }
        var verified = call
        verified.tls = .verified(name)
        do { _ = try await verified.answer(group) } catch {
            return [
                .warn(
                    "portal",
                    "\(place): its certificate is not made for this name, or no authority that is known here made it",
                    hint: "see `openssl s_client -connect \(call.address) -servername \(name)`: browsers warn of it, "
                        + "unless they know the authority")
            ]
        }
        guard let end, end - nowSeconds < TLSChecks.daysAhead * 86_400 else { return [] }
        return [
            .warn(
                "portal", "\(place): its certificate expires in \(Counted.of(Int((end - nowSeconds) / 86_400), "day"))",
                hint: hint)
        ]
    }

    static func words(_ error: any Error) -> String {
        (error as? WebCall.Failure)?.words ?? "\(error)"
    }
}
