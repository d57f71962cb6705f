//! What the gateway of text messages tells us, signed: what became of a message, and what families answer.

use crate::App;
use crate::audit;
use crate::db::{Write, now_ms};
use crate::error::{Error, Result};
use crate::message::mail::ONE_CLICK;
use crate::message::{send, twilio};
use crate::queries;
use crate::rules::message::{Channel, Reply, phone, reply};
use crate::rules::standing::Way;
use crate::secret;
use crate::words::Language;
use axum::extract::{OriginalUri, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

/// The fields of a call, when it is signed by the gateway of this installation.
fn signed(app: &App, uri: &OriginalUri, headers: &HeaderMap, body: &str) -> Result<Vec<(String, String)>> {
    let gateway = app.config.notices.text.as_ref().ok_or(Error::SignIn)?;
    let fields: Vec<(String, String)> = reqwest::Url::parse(&format!("http://x/?{body}"))
        .map_err(|_| Error::SignIn)?
        .query_pairs()
        .into_owned()
        .collect();
    let url = format!("{}{}", app.config.base_url(), uri.path_and_query().map_or("", |path| path.as_str()));
    let said = headers.get("x-twilio-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let wanted = twilio::signature(&gateway.token.0, &url, &fields).ok_or(Error::SignIn)?;
    if secret::same(said, &wanted) { Ok(fields) } else { Err(Error::SignIn) }
}

fn field<'f>(fields: &'f [(String, String)], name: &str) -> &'f str {
    fields.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str())
}

/// What became of a message. What is told twice, or late, changes nothing.
pub async fn report(
    State(app): State<App>,
    uri: OriginalUri,
    headers: HeaderMap,
    body: String,
) -> Result<Response> {
    let fields = signed(&app, &uri, &headers, &body)?;
    let id = uri.query().and_then(|query| query.strip_prefix("m=")).unwrap_or_default();
    let failed = match field(&fields, "MessageStatus") {
        "delivered" => None,
        "undelivered" | "failed" => {
            let code: String =
                field(&fields, "ErrorCode").chars().filter(char::is_ascii_digit).take(9).collect();
            Some(format!("code-{code}"))
        }
        // On its way still.
        _ => return Ok(StatusCode::NO_CONTENT.into_response()),
    };
    let now = now_ms();
    let mut tx = app.db.write().await?;
    if let Some((district, message)) = queries::reported(&mut tx, id, failed.as_deref(), now).await?
        && failed.is_none()
    {
        send::tell(&mut tx, &district, &message, Way::Text, now).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What a family answers. `STOP`, `ALTO` and the like end messages, in every district of the installation: the number that they come from is one.
pub async fn replied(
    State(app): State<App>,
    uri: OriginalUri,
    headers: HeaderMap,
    body: String,
) -> Result<Response> {
    let fields = signed(&app, &uri, &headers, &body)?;
    let number = phone(field(&fields, "From")).ok_or(Error::BadRequest("message-reach-wrong"))?;
    let what = reply(field(&fields, "Body"));
    let to = (Channel::Text, number.as_str());
    let mut tx = app.db.write().await?;
    let known = queries::districts_of_address(&mut tx, to).await?;
    let mut help = String::new();
    match what {
        Reply::Stop | Reply::Start => ended(&mut tx, to, what == Reply::Stop).await?,
        Reply::Help | Reply::Other => {
            for (district, _, student) in &known {
                help = queries::settings(&mut *tx, district).await?.phone;
                if let (Some(student), Reply::Other) = (student, what) {
                    let said = field(&fields, "Body");
                    queries::put_reply(&mut tx, district, (student, said), now_ms()).await?;
                }
            }
        }
    }
    tx.commit().await?;
    let language = known.first().and_then(|(_, tag, _)| Language::from_tag(tag)).unwrap_or(Language::En);
    let key = match what {
        Reply::Stop => "message-reply-stop",
        Reply::Start => "message-reply-start",
        Reply::Help | Reply::Other if help.is_empty() => "message-reply-school",
        Reply::Help | Reply::Other => "message-reply-phone",
    };
    let text = app.words.text(language, key, &[("phone", help.into())]);
    Ok(([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], answer(&text)).into_response())
}

/// A number ends messages, or lets them begin again, in all districts: also where it is not known, since somebody may write it down tomorrow.
async fn ended(tx: &mut Write, to: (Channel, &str), is_stop: bool) -> Result<()> {
    for district in queries::all_districts(tx).await? {
        if is_stop {
            queries::put_stop(tx, &district, to, now_ms()).await?;
            queries::stop_waiting(tx, &district, to).await?;
        } else {
            queries::put_start(tx, &district, to).await?;
        }
        // Not from whom, and not what was said: only that messages were ended or begun.
        let entry = audit::Entry {
            district_id: Some(&district),
            account_id: None,
            action: "message.reply",
            subject: ("message_stop", ""),
            detail: json!({ "stopped": is_stop }),
        };
        audit::record(tx, &entry).await?;
    }
    Ok(())
}

/// Which e-mail a link is of.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct MailLink {
    m: String,
}

/// Where the link of an e-mail leads: to the page that asks.
pub async fn mail_link(State(app): State<App>, Query(link): Query<MailLink>) -> Result<Response> {
    let mut tx = app.db.write().await?;
    let (district, message) = queries::message_of_mail(&mut tx, &link.m).await?.ok_or(Error::SignIn)?;
    Ok(Redirect::to(&format!("/h/{district}/stop?m={}", message.id)).into_response())
}

/// A mail programme ends notices by one click (RFC 8058): it has no cookies, and whoever has the id of a message has got it.
pub async fn mail_stop(
    State(app): State<App>,
    Query(link): Query<MailLink>,
    body: String,
) -> Result<Response> {
    let mut tx = app.db.write().await?;
    let found = queries::message_of_mail(&mut tx, &link.m).await?.filter(|_| body.trim() == ONE_CLICK);
    let (district, message) = found.ok_or(Error::SignIn)?;
    let to = (message.channel, message.address.as_str());
    queries::put_stop(&mut tx, &district, to, now_ms()).await?;
    queries::stop_waiting(&mut tx, &district, to).await?;
    let entry = audit::Entry {
        district_id: Some(&district),
        account_id: None,
        action: "message.stop",
        subject: ("message", &message.id),
        detail: json!({ "stopped": true }),
    };
    audit::record(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What the gateway is to answer (TwiML).
fn answer(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Message>{text}</Message></Response>")
}
