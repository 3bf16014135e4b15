// The form to get in: name, password, code.

enum LoginPage {
    /// - Parameter problem: what was wrong with the last try, or nil.
    static func markup(_ words: Words, problem: String?) -> Markup {
        let said: Markup = problem.map { "<p class=\"notice bad\" role=\"alert\" id=\"problem\">\($0)</p>" } ?? ""
        return Frame.document(
            words, title: words("login-title"),
            """
            <main class="door"><p class="brand"><img src="/assets/mark.svg" alt="" width="34" height="34">Letterlock</p>
            <h1>\(words("login-title"))</h1>\(said)
            <form method="post" action="/login" class="card">
            <label for="name">\(words("login-name"))</label>
            <input id="name" name="name" required maxlength="255" autocomplete="username" autocapitalize="none" \
            spellcheck="false" autofocus>
            <label for="password">\(words("login-password"))</label>
            <input id="password" name="password" type="password" required maxlength="1024" \
            autocomplete="current-password">
            <label for="code">\(words("login-code"))</label>
            <input id="code" name="code" required inputmode="numeric" pattern="[0-9 ]{6,8}" maxlength="8" \
            autocomplete="one-time-code" aria-describedby="code-hint">
            <p class="hint" id="code-hint">\(words("login-code-hint"))</p>
            <button class="main">\(words("login-button"))</button></form></main>
            """)
    }
}
