//! Times the counter of a large district: a file of devices that is loaded, and clerks who lend and take back at once, by HTTP over the
//! loopback interface from the portal's own server and a new SQLite database. The clerks run in the same process, on the same cores.
//!
//! `cargo bench -p evenfield-portal --bench counter -- [STUDENTS] [DEVICES] [CLERKS] [LOANS] [PAUSE_MS]`
//!
//! Makes so many students (100,000 unless told, three a household), loads a file of so many hotspots with lines (30,000) twice, and lets
//! so many clerks (50) lend so many devices each (40) and take half of them back, each with so long a pause between two scans (0 ms: as fast as they
//! can). Printed are, for each kind of scan, the times from sending it until the page that follows is there. The database is made in
//! `TMPDIR`.

use evenfield_gap::inventory::numbers;
use evenfield_portal::access::Role;
use evenfield_portal::account::{queries as accounts, session};
use evenfield_portal::config::Config;
use evenfield_portal::db::Db;
use evenfield_portal::routes::form_token;
use evenfield_portal::serve::serve;
use evenfield_portal::{App, bulk};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const DISTRICT: &str = "9900001";
/// A clerk takes back no sooner than this after she lent: the counter takes a second scan within two seconds for one.
const TWICE: Duration = Duration::from_millis(2_100);

/// Who asks, and where.
#[derive(Clone)]
struct Clerk {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Clerk {
    /// Sends a form, and gives the page to which it leads.
    async fn post(&self, path: &str, kind: &str, body: Vec<u8>) -> Result<(String, String), Failure> {
        let request = self
            .http
            .post(format!("{}{path}", self.base))
            .header("cookie", format!("evenfield={}", self.token));
        let reply = request.header("content-type", kind).body(body).send().await?.error_for_status()?;
        let at = reply.url().to_string();
        Ok((at, reply.text().await?))
    }

    /// Scans a code with this student at the counter: how long it took until the page was there. The page must say this.
    async fn scan(&self, student: &str, code: &str, said: &str) -> Result<Duration, Failure> {
        let body = format!("csrf={}&student={student}&scan={code}", form_token(&self.token));
        let begun = Instant::now();
        let (at, _) = self
            .post(&format!("/d/{DISTRICT}/lending"), "application/x-www-form-urlencoded", body.into())
            .await?;
        let took = begun.elapsed();
        if !at.contains(&format!("said={said}&")) {
            return Err(format!("{code}: {at} instead of {said}").into());
        }
        Ok(took)
    }
}

/// The n-th card, with its check digit. None ends in four noughts: a file with such a number is refused as one that a spreadsheet rounded.
fn card(n: usize) -> String {
    let body = format!("8901260{:011}", n * 10 + 1);
    let mut cards = (0..10).map(|digit| format!("{body}{digit}"));
    cards.find(|card| numbers::iccid(card, true).is_ok()).unwrap_or_default()
}

/// The n-th device's number, with its check digit.
fn imei(n: usize) -> String {
    let body = format!("3520990{n:07}");
    let mut all = (0..10).map(|digit| format!("{body}{digit}"));
    all.find(|imei| numbers::imei(imei).is_ok()).unwrap_or_default()
}

fn file(devices: usize) -> Result<String, std::fmt::Error> {
    let mut text =
        "barcode,type,make,model,serial,imei,iccid,line_number,carrier,plan,funding_source,cost,condition,location\n".to_owned();
    for n in 0..devices {
        writeln!(
            text,
            "HS-{n:06},hotspot,Example,M{},SN{n:08},{},{},2{n:09},Blue,School 10 GB,ECF 2022,84.50,good,Warehouse {}",
            n % 4,
            imei(n),
            card(n),
            n % 9
        )?;
    }
    Ok(text)
}

async fn people(db: &Db, students: usize, clerks: usize) -> Result<Vec<String>, Failure> {
    let mut tx = db.write().await?;
    accounts::insert_district(&mut tx, DISTRICT, "Fictional", true).await?;
    let before = "INSERT INTO student (district_id, id, school_id, grade, given_name, family_name, name_key, street, zip, home_key) VALUES";
    let rows = (0..students).map(|n| -> Vec<bulk::Value> {
        let (street, home) = (format!("{} Elm Street", n / 3), format!("{} ELM ST 00000", n / 3));
        vec![
            DISTRICT.into(),
            format!("{n:07}").as_str().into(),
            format!("{}", n / 600).as_str().into(),
            "07".into(),
            format!("Given{n}").as_str().into(),
            format!("Family{n}").as_str().into(),
            format!("family{n} given{n}").as_str().into(),
            street.as_str().into(),
            "00000".into(),
            home.as_str().into(),
        ]
    });
    bulk::run(&mut tx, before, "", rows).await?;
    let mut tokens = Vec::new();
    for n in 0..clerks {
        let (id, email) = (format!("clerk-{n}"), format!("clerk{n}@example.org"));
        accounts::insert_account(
            &mut tx,
            accounts::NewAccount { id: &id, email: &email, name: "A clerk" },
            1,
        )
        .await?;
        accounts::insert_role(&mut tx, &id, (DISTRICT, Role::Coordinator), 1).await?;
        tokens.push(session::begin(&mut tx, &id, &Config::local("")).await.map_err(|e| e.to_string())?);
    }
    tx.commit().await?;
    Ok(tokens)
}

/// Loads the file and says how long that took.
async fn load(clerk: &Clerk, text: &str, what: &str) -> Result<(), Failure> {
    let body = format!(
        "--frontier\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n--frontier\r\ncontent-disposition: form-data; \
         name=\"file\"; filename=\"devices.csv\"\r\ncontent-type: text/csv\r\n\r\n{text}\r\n--frontier--\r\n",
        form_token(&clerk.token)
    );
    let begun = Instant::now();
    let path = format!("/d/{DISTRICT}/lending/devices/upload");
    clerk.post(&path, "multipart/form-data; boundary=frontier", body.into()).await?;
    println!("load of {} devices, {what}: {:.2} s", text.lines().count() - 1, begun.elapsed().as_secs_f64());
    Ok(())
}

/// What one clerk does: lends, then takes half of it back. The times of scans of students, of check-outs and of returns.
async fn works(
    clerk: Clerk,
    from: usize,
    loans: usize,
    pause: Duration,
) -> Result<[Vec<Duration>; 3], Failure> {
    let mut times = [const { Vec::new() }; 3];
    // People do not begin in the same millisecond.
    tokio::time::sleep(pause.mul_f64((from / loans.max(1)) as f64 * 0.618 % 1.0)).await;
    for n in from..from + loans {
        // One of each household: more than one hotspot is not lent to it.
        let student = format!("{:07}", n * 3);
        times[0].push(clerk.scan("", &student, "student").await?);
        tokio::time::sleep(pause).await;
        times[1].push(clerk.scan(&student, &format!("HS-{n:06}"), "lent").await?);
        tokio::time::sleep(pause).await;
    }
    tokio::time::sleep(TWICE).await;
    for n in (from..from + loans).step_by(2) {
        times[2].push(clerk.scan("", &format!("HS-{n:06}"), "back").await?);
        tokio::time::sleep(pause).await;
    }
    Ok(times)
}

fn say(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| {
        times[((times.len() as f64 * share) as usize).min(times.len() - 1)].as_secs_f64() * 1_000.0
    };
    println!(
        "{what}: {} scans, median {:.1} ms, 95% {:.1} ms, 99% {:.1} ms, longest {:.1} ms",
        times.len(),
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0)
    );
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let mut told = std::env::args().skip(1).filter(|arg| !arg.starts_with("--"));
    let mut next = |otherwise: usize| told.next().map_or(Ok(otherwise), |n| n.parse());
    let (students, devices, clerks, loans, pause) =
        (next(100_000)?, next(30_000)?, next(50)?, next(40)?, next(0)?);
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite:{}", folder.path().join("records.db").display());
    let db = Db::open(&url).await?;
    let tokens = people(&db, students, clerks).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    let app = App::new(db, Config::local(&url))?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(serve(app, listener, async move { drop(stopped.await) }));
    let http = reqwest::Client::new();
    let staff: Vec<Clerk> =
        tokens.into_iter().map(|token| Clerk { http: http.clone(), base: base.clone(), token }).collect();
    let text = file(devices)?;
    load(&staff[0], &text, "all new").await?;
    load(&staff[0], &text, "the same file again").await?;
    let begun = Instant::now();
    let pause_each = Duration::from_millis(pause as u64);
    let work = staff
        .iter()
        .enumerate()
        .map(|(n, clerk)| tokio::spawn(works(clerk.clone(), n * loans, loans, pause_each)));
    let work: Vec<_> = work.collect();
    let mut all = [const { Vec::new() }; 3];
    for one in work {
        for (all, some) in all.iter_mut().zip(one.await??) {
            all.extend(some);
        }
    }
    println!(
        "{students} students, {devices} devices, {clerks} clerks at once with a pause of {pause} ms, {:.1} s in all",
        begun.elapsed().as_secs_f64()
    );
    for (what, times) in ["student", "check-out", "return"].into_iter().zip(all) {
        say(what, times);
    }
    let _ = stop.send(());
    server.await?;
    Ok(())
}
