//! A portal for tests: the real router on a fresh SQLite database, and browsers signed in as anybody.
//!
//! ```ignore
//! let kit = Kit::new().await;
//! kit.district("5100000", "Shore").await;
//! let clerk = kit.sign_in(Role::Clerk, "5100000").await;
//! let page = clerk.get("/d/5100000/roster").await;
//! assert_eq!(page.status, 200);
//! let reply = clerk.post("/d/5100000/roster", &[("term", "2026-fall")]).await; // sends the token
//! ```

use crate::access::Role;
use crate::account::{Accounts, password, queries, session};
use crate::config::Config;
use crate::db::{Db, new_id, now_ms};
use crate::{App, router};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, header};
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

/// A portal with its own database, which goes when this is dropped.
pub struct Kit {
    /// The application, to look into the database.
    pub app: App,
    router: Router,
    _folder: Option<tempfile::TempDir>,
}

impl Kit {
    /// A portal without districts and accounts.
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// The same with other settings.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("records.db").display());
        let mut config = Config::local(&url);
        change(&mut config);
        let kit = Self::on(Db::open(&url).await.expect("a database"), config);
        Self { _folder: Some(folder), ..kit }
    }

    /// A portal on these records.
    pub fn on(db: Db, config: Config) -> Self {
        let mut app = App::new(db, config).expect("an application");
        // The full work of a password would only make tests slow; the tests of `password` do it once.
        let light = password::Work { memory_kib: 64, passes: 1, lanes: 1 };
        app.accounts = Arc::new(Accounts::with_work(light).expect("accounts"));
        Self { router: router(app.clone()), app, _folder: None }
    }

    /// Serves these routes in place of the whole table.
    pub fn serve(&mut self, router: Router) {
        self.router = router;
    }

    /// Adds a district.
    pub async fn district(&self, id: &str, name: &str) {
        let mut write = self.app.db.write().await.expect("a write");
        queries::insert_district(&mut write, id, name, false).await.expect("a new district");
        write.commit().await.expect("stored");
    }

    /// Makes an account with one role (`*`: in every district) and signs it in.
    pub async fn sign_in(&self, role: Role, district: &str) -> Browser {
        self.sign_in_with(&[(district, role)]).await.0
    }

    /// Makes an account with these roles and signs it in; also gives its id.
    pub async fn sign_in_with(&self, roles: &[(&str, Role)]) -> (Browser, String) {
        let id = new_id();
        let mut write = self.app.db.write().await.expect("a write");
        let account =
            queries::NewAccount { id: &id, email: &format!("{id}@example.org"), name: "Pat Example" };
        queries::insert_account(&mut write, account, now_ms()).await.expect("a new account");
        for (district, role) in roles {
            queries::insert_role(&mut write, &id, (district, *role), now_ms()).await.expect("a new role");
        }
        let token = session::begin(&mut write, &id, &self.app.config).await.expect("a session");
        write.commit().await.expect("stored");
        let browser = self.browser();
        browser.set_cookie("evenfield", &token);
        (browser, id)
    }

    /// A browser of nobody.
    pub fn browser(&self) -> Browser {
        Browser { router: self.router.clone(), cookies: Mutex::default(), csrf: Mutex::default() }
    }
}

/// A browser: keeps cookies, sends the form token.
pub struct Browser {
    router: Router,
    cookies: Mutex<Vec<(String, String)>>,
    csrf: Mutex<Option<String>>,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

impl Reply {
    /// Where a redirect leads; empty otherwise.
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |v| v.to_str().expect("text"))
    }

    /// The value of the attribute `value` of the input with this name.
    pub fn input(&self, name: &str) -> Option<String> {
        let at = self.body.find(&format!("name=\"{name}\""))?;
        let rest = &self.body[at..];
        let tag = &rest[..rest.find('>')?];
        let value = tag.split_once("value=\"")?.1;
        Some(value[..value.find('"')?].to_owned())
    }
}

impl Browser {
    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.cookies.lock().expect("cookies");
        cookies.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone())
    }

    /// Sets a cookie.
    pub fn set_cookie(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().expect("cookies");
        cookies.retain(|(n, _)| n != name);
        if !value.is_empty() {
            cookies.push((name.to_owned(), value.to_owned()));
        }
        drop(cookies);
        // The token hangs on the cookie.
        *self.csrf.lock().expect("token") = None;
    }

    /// Sends any request, with the cookies of this browser; the cookies of the reply are kept.
    pub async fn send(&self, mut request: Request<Body>) -> Reply {
        let line = {
            let cookies = self.cookies.lock().expect("cookies");
            cookies.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ")
        };
        if !line.is_empty() {
            request.headers_mut().insert(header::COOKIE, line.parse().expect("a cookie line"));
        }
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body").to_vec();
        for line in parts.headers.get_all(header::SET_COOKIE) {
            let pair = line.to_str().expect("text").split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("name=value");
            self.set_cookie(name, value);
        }
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
            bytes,
        }
    }

    /// Asks for a page.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    /// The token that forms of this browser carry, read as a page would be given it.
    pub async fn csrf(&self) -> String {
        if let Some(known) = self.csrf.lock().expect("token").clone() {
            return known;
        }
        let secret = match self.cookie("evenfield").or_else(|| self.cookie("visitor")) {
            Some(secret) => secret,
            None => {
                // Any page of the table gives a new browser its cookie.
                self.get("/login").await;
                self.cookie("visitor").expect("the cookie of a new visitor")
            }
        };
        let token = crate::routes::form_token(&secret);
        *self.csrf.lock().expect("token") = Some(token.clone());
        token
    }

    /// Sends a form with the token.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let csrf = self.csrf().await;
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.post_bare(path, &all).await
    }

    /// Sends a form without the token.
    pub async fn post_bare(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let escape = crate::routes::escape;
        let body: Vec<String> = fields.iter().map(|(n, v)| format!("{}={}", escape(n), escape(v))).collect();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.join("&")))
            .expect("a request");
        self.send(request).await
    }

    /// Sends a form with one file, and with the token as its first field.
    pub async fn upload(&self, path: &str, fields: &[(&str, &str)], file: (&str, &str, &[u8])) -> Reply {
        let csrf = self.csrf().await;
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        let mut body = Vec::new();
        for (name, value) in all {
            let part =
                format!("--frontier\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        let (field, file_name, bytes) = file;
        let head = format!(
            "--frontier\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"{file_name}\"\r\n\
             content-type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--frontier--\r\n");
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=frontier")
            .body(Body::from(body))
            .expect("a request");
        self.send(request).await
    }
}

/// Runs one ignored test of this very program in a process of its own.
pub fn spawn_test(name: &str, url: &str, out: std::process::Stdio) -> std::process::Child {
    std::process::Command::new(std::env::current_exe().expect("a process"))
        .args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"])
        .env("EVENFIELD_CHILD_DATABASE", url)
        .stdout(out)
        .spawn()
        .expect("a process")
}
