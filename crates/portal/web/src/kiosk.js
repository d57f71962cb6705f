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

root.hidden = false;
field.focus();

/** The store of scans that the server has not answered. `n` is their order. */
const store = await new Promise((done, fail) => {
  const open = indexedDB.open(`evenfield-kiosk${location.pathname}`, 1);
  open.onupgradeneeded = () => {
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
const who = async () => (await ask("state", "readonly", (t) => t.objectStore("state").get("student"))) ?? "";
/** A scan was answered: it goes, and who is at the counter is kept, both or neither. */
const settle = (n, student) =>
  ask(["scans", "state"], "readwrite", (t) => {
    t.objectStore("state").put(student, "student");
    return t.objectStore("scans").delete(n);
  });

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
  const [scans, student] = [await waiting(), await who()];
  document.getElementById("kiosk-who").textContent = student ? words.here.replace("%", student) : words.nobody;
  document.getElementById("kiosk-line").textContent = scans.length ? words.waits.replace("%", scans.length) : "";
  root.dataset.waiting = scans.length;
}

/** The server's answer to a scan: an object; null when it could not be reached, "again" when somebody has to sign in. */
async function send(scan, student) {
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
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return "again";
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
    for (let scans = await waiting(); scans.length; scans = await waiting()) {
      const [scan] = scans;
      // Who is next begins anew.
      const answer = scan.scan === null ? { student: "" } : await send(scan, await who());
      if (answer === null || answer === "again") {
        say("kept", answer === "again" ? words.again : words.waits.replace("%", scans.length));
        pause = Math.min(pause * 2, 15_000);
        setTimeout(replay, pause);
        break;
      }
      await settle(scan.n, answer.student);
      if (answer.text) say(answer.done ? "done" : "not", answer.text);
      pause = 1000;
    }
  } finally {
    busy = false;
    await show();
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
  await keep({ key: crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join(""), scan });
  replay();
});
document.getElementById("kiosk-next").addEventListener("click", async () => {
  await keep({ key: "", scan: null });
  field.focus();
  replay();
});
addEventListener("online", replay);
await show();
replay();
