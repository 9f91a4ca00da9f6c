//! What must hold between the keys of `[registry]`.

use super::Registry;

/// Each key that is wrong, and what to do.
pub fn problems(registry: &Registry) -> Vec<(&'static str, String)> {
    let Registry {
        url, username, password, password_file, token, token_file, ca_file, auto_register, ..
    } = registry;
    let mut problems = Vec::new();
    let mut say = |key, what: &str| problems.push((key, what.to_owned()));
    match url {
        None => {
            for (key, is_set) in [
                ("username", username.is_some()),
                ("password", password.is_some()),
                ("password_file", password_file.is_some()),
                ("token", token.is_some()),
                ("token_file", token_file.is_some()),
                ("ca_file", ca_file.is_some()),
                ("auto_register", *auto_register),
            ] {
                if is_set {
                    say(key, "there is no registry; set registry.url, or remove it");
                }
            }
        }
        Some(url) => {
            let host =
                url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).unwrap_or_default();
            let authority = host.split('/').next().unwrap_or_default();
            if authority.contains('@') {
                say(
                    "url",
                    "it holds credentials; put them into registry.username and registry.password_file",
                );
            } else if authority.is_empty() || url.contains(char::is_whitespace) || url.contains(['?', '#']) {
                say("url", "an address is wanted as http://host:port or https://host/path; change it");
            }
        }
    }
    let (basic, bearer) = (username.is_some(), token.is_some() || token_file.is_some());
    if basic && bearer {
        say("token", "registry.username is set too; keep one way to log in");
    }
    if password.is_some() && password_file.is_some() {
        say("password", "registry.password_file is set too; keep one");
    }
    if token.is_some() && token_file.is_some() {
        say("token", "registry.token_file is set too; keep one");
    }
    let has_password = password.is_some() || password_file.is_some();
    if has_password && !basic && url.is_some() {
        say("username", "a password without a name; set registry.username");
    }
    if basic && !has_password && url.is_some() {
        say(
            "username",
            "a name without a password; set registry.password_file, or SEGUE__REGISTRY__PASSWORD",
        );
    }
    problems
}
