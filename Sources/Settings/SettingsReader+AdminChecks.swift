// Checks of the admin page: off loopback it needs TLS, and people who can be asked.

import Mail
import SettingValues

extension SettingsReader {
    /// Off loopback the page needs TLS, and people who can be asked for a password and a code.
    mutating func checkAdmin(name: String) {
        let files = settings.admin.files
        if (files.certificate == nil) != (files.key == nil) {
            let (there, missing) = files.key == nil ? ("certificate", "key") : ("key", "certificate")
            add(
                .error, "admin.\(there)", "there is no \"\(missing)\" beside it",
                hint: "add \"\(missing)\" under admin", name: name)
        }
        guard let address = settings.listen.admin, !settings.isAdminLocal else { return }
        if files.certificate == nil { settings.admin.files = settings.tls }
        if settings.admin.users == nil {
            add(
                .error, "listen.admin",
                "\"\(address)\" is not loopback, and nobody would be asked for a password",
                hint: "set \"admin: {users: PATH}\" and run `letterlock admin add NAME`, or listen on 127.0.0.1",
                name: name)
        }
        if settings.admin.files.certificate == nil || settings.admin.files.key == nil {
            add(
                .error, "listen.admin", "\"\(address)\" is not loopback, and passwords would go in clear",
                hint: "set \"certificate\" and \"key\" under \"admin\" or \"tls\", or listen on 127.0.0.1", name: name)
        }
    }
}
