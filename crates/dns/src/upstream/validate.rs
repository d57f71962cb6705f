//! DNSSEC validation (RFC 4033 to 4035, 5155, 6840) by NLnet Labs' crate `domain`, for whoever does not take the upstream
//! servers' word: they may be honest and still be lied to, and so may the way to them.

use super::{Servers, is_usable};
use crate::cache::Question;
use crate::wire::{Checked, HEADER, MAX_NAME, check, expand, flags, u16_at};
use bytes::Bytes;
use domain::base::message_builder::MessageBuilder;
use domain::base::message_builder::TreeCompressor;
use domain::base::{Message, Rtype};
use domain::dnssec::validator::anchor::TrustAnchors;
use domain::dnssec::validator::context::{Config, ValidationContext, ValidationState};
use domain::net::client::request::{ComposeRequest as _, Error, GetResponse, RequestMessage, SendRequest};
use domain::rdata::AllRecordData;
use std::fmt;
use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// The keys of the root of 2017 and 2024 (IANA, root-anchors.xml).
const ROOT: &str = "\
. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16
";
/// Zones whose keys are remembered.
const ZONES: u64 = 4_096;
/// What looking up keys and checking them may take in all. A name of many labels may need a dozen questions.
const PATIENCE: Duration = Duration::from_secs(8);

/// Asks upstream, and believes only what is signed or need not be.
pub struct Validator {
    servers: Arc<Servers>,
    context: ValidationContext<Keys>,
}

/// What came of a question.
pub enum Outcome {
    /// An answer; where it is signed, it says so.
    Answer(Checked),
    /// An answer that should be signed and is not as it was signed.
    Bogus,
    /// Nobody could be reached.
    Nothing,
}

/// The keys that are believed without a signature.
///
/// # Errors
/// When the file cannot be read, holds something else than DS and DNSKEY records, or none.
pub fn anchors(file: Option<&Path>) -> io::Result<TrustAnchors> {
    let (text, name) = match file {
        Some(file) => (std::fs::read_to_string(file), file.display().to_string()),
        None => (Ok(ROOT.to_owned()), "the root's keys".to_owned()),
    };
    let wrong =
        |what: &dyn fmt::Display| io::Error::new(io::ErrorKind::InvalidData, format!("{name}: {what}"));
    let text = text.map_err(|error| wrong(&error))?;
    if !text.lines().any(|line| line.contains("DS") || line.contains("DNSKEY")) {
        return Err(wrong(&"wanted DS or DNSKEY records as in a zone file"));
    }
    TrustAnchors::from_u8(text.as_bytes()).map_err(|error| wrong(&error))
}

impl Validator {
    /// A validator that asks these servers, for keys as well.
    pub fn new(anchors: TrustAnchors, servers: Arc<Servers>) -> Self {
        let mut config = Config::new();
        config.set_max_node_cache(ZONES);
        let context = ValidationContext::with_config(anchors, Keys(servers.clone()), config);
        Self { servers, context }
    }

    /// The answer to a question, of which it says that it is authentic only when it is signed.
    pub async fn ask(&self, question: &Question) -> Outcome {
        // The server is not to hide what it thinks is wrong: this program looks itself.
        let signed = Question { dnssec_ok: true, checking_disabled: true, ..question.clone() };
        let Some(checked) = self.servers.ask_all(&signed).await else { return Outcome::Nothing };
        if !is_usable(&checked) {
            return Outcome::Answer(checked);
        }
        let Ok(mut message) = Message::from_octets(checked.form.message.to_vec()) else {
            return Outcome::Nothing;
        };
        let judged = self.context.validate_msg::<_, Vec<u8>>(&mut message);
        let authentic = match tokio::time::timeout(PATIENCE, judged).await {
            Ok(Ok((ValidationState::Secure, _))) => true,
            Ok(Ok((ValidationState::Insecure | ValidationState::Indeterminate, _))) => false,
            Ok(Ok((ValidationState::Bogus, _))) => return Outcome::Bogus,
            Ok(Err(_)) | Err(_) => return Outcome::Nothing,
        };
        let bytes =
            if question.dnssec_ok { Some(message.into_octets()) } else { unsigned(&message, question) };
        let checked = bytes.and_then(|mut bytes| {
            mark(&mut bytes, authentic);
            check(&question.name, question.qtype, 0, &bytes)
        });
        checked.map_or(Outcome::Nothing, Outcome::Answer)
    }
}

/// Says in the header whether the answer is authentic, and gives it id 0.
fn mark(message: &mut [u8], authentic: bool) {
    let bits = u16::from_be_bytes([message[2], message[3]]) & !flags::AD;
    let bits = if authentic { bits | flags::AD } else { bits };
    message[..2].fill(0);
    message[2..4].copy_from_slice(&bits.to_be_bytes());
}

/// The message without the records that only DNSSEC needs, RFC 4035 section 3.2.1: for who did not ask for them.
fn unsigned(message: &Message<Vec<u8>>, question: &Question) -> Option<Vec<u8>> {
    let mut builder = MessageBuilder::from_target(TreeCompressor::new(Vec::new())).ok()?;
    *builder.header_mut() = message.header();
    let mut builder = builder.question();
    for asked in message.question() {
        builder.push(asked.ok()?).ok()?;
    }
    let is_asked_for = |kind: Rtype| {
        let only_dnssec = matches!(kind, Rtype::RRSIG | Rtype::NSEC | Rtype::NSEC3);
        !only_dnssec || kind.to_int() == question.qtype
    };
    let builder = message
        .copy_records(builder, |record| {
            let wanted = is_asked_for(record.rtype());
            wanted.then(|| record.into_any_record::<AllRecordData<_, _>>().ok()).flatten()
        })
        .ok()?;
    Some(builder.finish().into_target())
}

/// How the validator gets at keys.
struct Keys(Arc<Servers>);

impl<O> SendRequest<RequestMessage<O>> for Keys
where
    O: AsRef<[u8]> + fmt::Debug + domain::dep::octseq::Octets + Send + Sync,
{
    fn send_request(&self, request: RequestMessage<O>) -> Box<dyn GetResponse + Send + Sync> {
        let question = request.to_message().ok().and_then(|message| question(message.as_slice()));
        let servers = self.0.clone();
        let asking = tokio::spawn(async move { servers.ask_all(&question?).await });
        Box::new(Asking(asking))
    }
}

/// The one question of a message, to be asked with signatures.
fn question(message: &[u8]) -> Option<Question> {
    let mut name = [0; MAX_NAME];
    let (length, at) = expand(message, HEADER, &mut name)?;
    Some(Question {
        name: name[..length].to_ascii_lowercase().into(),
        qtype: u16_at(message, at)?,
        dnssec_ok: true,
        checking_disabled: true,
    })
}

/// A question under way. The task goes on when nobody waits any more; each server's time is limited.
#[derive(Debug)]
struct Asking(JoinHandle<Option<Checked>>);

impl GetResponse for Asking {
    fn get_response(
        &mut self,
    ) -> Pin<Box<dyn Future<Output = Result<Message<Bytes>, Error>> + Send + Sync + '_>> {
        Box::pin(async move {
            let checked = (&mut self.0).await.ok().flatten().ok_or(Error::ConnectionClosed)?;
            let bytes = Bytes::copy_from_slice(&checked.form.message);
            Message::from_octets(bytes).map_err(|_| Error::ShortMessage)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roots_keys_are_there_and_a_file_of_something_else_is_said() {
        assert!(anchors(None).is_ok());
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("anchors");
        for wrong in ["", "not a zone", ". IN DS 20326 eight"] {
            std::fs::write(&file, wrong).expect("written");
            let error = anchors(Some(&file)).map(|_| ()).expect_err(wrong).to_string();
            assert!(error.contains("anchors:"), "{error}");
        }
    }

    #[test]
    fn the_question_of_a_message_is_found() {
        let message = b"\0\0\x01\0\0\x01\0\0\0\0\0\0\x07exAmple\x03org\0\0\x30\0\x01";
        let found = question(message).expect("a question");
        assert_eq!((&*found.name, found.qtype), (&b"\x07example\x03org\0"[..], 48));
        assert_eq!(question(&message[..15]), None);
    }
}
