// The counter's field that goes on when the server cannot be reached. Each scan is kept in the browser (IndexedDB) with a key of its own until the server
// has answered it. Scans are sent one after another, in order: the answer to one says who is at the counter for the next, so that what was scanned
// during an outage comes to the same as if there had been none.
const root = document.getElementById("kiosk");
const words = root.dataset;
const field = document.getElementById("scan");
const told = document.getElementById("kiosk-told");
const list = document.getElementById("kiosk-list");
// A scanner that looks twice.
const TWICE_MS = 2000;
const SHOWN = 12;
const PATIENCE_MS = 10_000;
// Who is at the counter is of this window, and not of tomorrow: after so long without a scan nobody is.
const WHO_MS = 10 * 60_000;
// One name for all kiosk windows of this district in this browser: only the one that holds it sends.
const LOCK = `evenfield-kiosk${location.pathname}`;

root.hidden = false;
field.focus();

/** The store of scans that the server has not answered. `n` is their order. */
const store = await new Promise((done, fail) => {
  const open = indexedDB.open(`evenfield-kiosk${location.pathname}`, 2);
  open.onupgradeneeded = (event) => {
    // What the page of before kept: scans without a window go on as nobody's, and who was at the counter is forgotten.
    if (event.oldVersion === 1) return open.transaction.objectStore("state").clear();
    open.result.createObjectStore("scans", { keyPath: "n", autoIncrement: true });
    open.result.createObjectStore("state");
  };
  open.onsuccess = () => done(open.result);
  open.onerror = () => fail(open.error);
});

function ask(name, mode, deed) {
  return new Promise((done, fail) => {
    const change = store.transaction(name, mode, { durability: "strict" });
    const asked = deed(change);
    change.oncomplete = () => done(asked.result);
    change.onerror = () => fail(change.error);
  });
}

const keep = (scan) => ask("scans", "readwrite", (t) => t.objectStore("scans").add(scan));
const waiting = () => ask("scans", "readonly", (t) => t.objectStore("scans").getAll());
/** This window, also after it was loaded again. */
const own = (sessionStorage.kiosk ??= crypto.randomUUID?.() ?? String(Math.random()).slice(2));
/** Who is at the counter of a window; nobody when its last scan is long ago. */
const who = async (of) => {
  const kept = await ask("state", "readonly", (t) => t.objectStore("state").get(of));
  return kept?.student && Date.now() - kept.at < WHO_MS ? kept.student : "";
};
/** A scan was answered: it goes, and who is at the counter of its window is kept, both or neither. What was refused is kept, too. */
const settle = (scan, student, refusal) =>
  ask(["scans", "state"], "readwrite", (t) => {
    t.objectStore("state").put({ student, at: Date.now() }, scan.of ?? "");
    if (refusal) {
      const kept = t.objectStore("state").get(REFUSED);
      kept.onsuccess = () => t.objectStore("state").put([...(kept.result ?? []), refusal].slice(-MOST), REFUSED);
    }
    return t.objectStore("scans").delete(scan.n);
  });
const REFUSED = "refused";
const MOST = 500;
const refused = async () => (await ask("state", "readonly", (t) => t.objectStore("state").get(REFUSED))) ?? [];

let sound;
function beep(kind) {
  if (!document.getElementById("kiosk-sound").checked) return;
  try {
    sound ??= new AudioContext();
    const [tone, seconds] = { done: [880, 0.09], not: [196, 0.35], kept: [523, 0.09] }[kind];
    const [source, volume] = [sound.createOscillator(), sound.createGain()];
    source.frequency.value = tone;
    volume.gain.value = 0.15;
    source.connect(volume).connect(sound.destination);
    source.start();
    source.stop(sound.currentTime + seconds);
  } catch {
    // No loudspeaker: the text says the same.
  }
}

function say(kind, text) {
  const mark = document.createElement("span");
  mark.className = `tag ${{ done: "good", not: "bad", kept: "warn" }[kind]}`;
  mark.textContent = { done: words.done, not: words.not, kept: words.kept }[kind];
  told.replaceChildren(mark, ` ${text}`);
  const row = document.createElement("li");
  row.append(mark.cloneNode(true), ` ${text}`);
  // What waits is in the line below; only what came to something stays in the list.
  if (kind !== "kept") {
    list.prepend(row);
    while (list.children.length > SHOWN) list.lastChild.remove();
  }
  beep(kind);
}

async function show() {
  const [scans, student, not] = [await waiting(), await who(own), await refused()];
  document.getElementById("kiosk-who").textContent = student ? words.here.replace("%", student) : words.nobody;
  document.getElementById("kiosk-line").textContent = scans.length ? words.waits.replace("%", scans.length) : "";
  root.dataset.waiting = scans.length;
  const box = document.getElementById("kiosk-refused");
  box.hidden = not.length === 0;
  document.getElementById("kiosk-refused-list").replaceChildren(
    ...not.map(({ at, text }) => {
      const row = document.createElement("li");
      row.textContent = `${new Date(at).toLocaleTimeString()} ${text}`;
      return row;
    }),
  );
}

/** The token of whoever is signed in now: somebody may have signed in again in another window. None when nobody is. */
async function renew() {
  try {
    const page = await fetch(location.pathname, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!page.ok) return false;
    const csrf = new DOMParser().parseFromString(await page.text(), "text/html").getElementById("kiosk")?.dataset.csrf;
    if (!csrf || csrf === words.csrf) return false;
    words.csrf = csrf;
    return true;
  } catch {
    return false;
  }
}

/** The server's answer to a scan: an object; null when it could not be reached, "again" when somebody has to sign in. */
async function send(scan, student, isAgain = false) {
  let answer;
  try {
    answer = await fetch(location.pathname, {
      method: "POST",
      redirect: "manual",
      headers: { "content-type": "application/json", "x-csrf-token": words.csrf },
      body: JSON.stringify({ key: scan.key, scan: scan.scan, student }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    return null;
  }
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
    return !isAgain && (await renew()) ? send(scan, student, true) : "again";
  }
  if (answer.status >= 500 || answer.status === 429) return null;
  if (!answer.ok) return { done: false, text: `${words.wrong} ${scan.scan}`, student };
  try {
    return await answer.json();
  } catch {
    return null;
  }
}

let busy = false;
let pause = 1000;
async function replay() {
  if (busy) return;
  busy = true;
  try {
    // Two windows that send the same scan at once would be two answers to one key.
    await (navigator.locks ? navigator.locks.request(LOCK, sendAll) : sendAll());
  } finally {
    busy = false;
    await show();
  }
}

async function sendAll() {
  for (let scans = await waiting(); scans.length; scans = await waiting()) {
    const [scan] = scans;
    // Who is next begins anew.
    const answer = scan.scan === null ? { student: "" } : await send(scan, await who(scan.of ?? ""));
    if (answer === null || answer === "again") {
      say("kept", answer === "again" ? words.again : words.waits.replace("%", scans.length));
      pause = Math.min(pause * 2, 15_000);
      setTimeout(replay, pause);
      break;
    }
    // What is refused while the scanner is in the hand is seen; what is refused after an outage is worked off later.
    const isLate = Date.now() - scan.at > PATIENCE_MS;
    await settle(scan, answer.student, isLate && answer.done === false ? { at: scan.at, text: answer.text } : null);
    if (answer.text) say(answer.done ? "done" : "not", answer.text);
    pause = 1000;
  }
}

let last = ["", 0];
document.getElementById("kiosk-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const scan = field.value.trim();
  field.value = "";
  field.focus();
  if (!scan || (scan === last[0] && event.timeStamp - last[1] < TWICE_MS)) return;
  last = [scan, event.timeStamp];
  await keep({ key: crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join(""), scan, of: own, at: Date.now() });
  replay();
});
document.getElementById("kiosk-next").addEventListener("click", async () => {
  await keep({ key: "", scan: null, of: own, at: Date.now() });
  field.focus();
  replay();
});
document.getElementById("kiosk-worked").addEventListener("click", async () => {
  await ask("state", "readwrite", (t) => t.objectStore("state").delete(REFUSED));
  await show();
});
addEventListener("online", replay);
await show();
replay();
