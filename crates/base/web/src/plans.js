// The budget's slider: as it moves, figures, tables and map become those of the budget. Without it there are links to the same pages.
// And how far a search is: looked up again while it is at work.
const slider = document.getElementById("budget-slider");
const links = () => [...document.querySelectorAll("#budget-links a")];

async function fetched(url) {
  const answer = await fetch(url, { headers: { accept: "text/html" } });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** Puts what another page has in this place into ours. */
function take(other, id) {
  const [here, there] = [document.getElementById(id), other.getElementById(id)];
  if (here && there) here.replaceWith(document.adoptNode(there));
}

let wanted = 0;

async function show(link) {
  const mine = ++wanted;
  const other = await fetched(link.href);
  if (mine !== wanted) return;
  for (const id of ["answer", "answer-more", "budget-links", "area-pick", "drawing"]) take(other, id);
  const answer = document.getElementById("answer");
  document.getElementById("answer-told").textContent = answer.querySelector("h2")?.textContent ?? "";
  document.getElementById("budget").setAttribute("aria-valuetext", answer.dataset.total);
  if (!document.getElementById("island")?.hidden) document.getElementById("drawing")?.classList.add("print-only");
  history.replaceState(null, "", link.href);
  document.dispatchEvent(new CustomEvent("evenfield:areas", { detail: answer.dataset.geojson }));
}

if (slider) {
  slider.hidden = false;
  const input = document.getElementById("budget");
  let timer;
  input.addEventListener("input", () => {
    const link = links()[Number(input.value)];
    if (!link) return;
    input.setAttribute("aria-valuetext", link.textContent.trim());
    clearTimeout(timer);
    timer = setTimeout(() => show(link).catch((error) => { console.warn(error); location.href = link.href; }), 150);
  });
}

// A page that is replaced while somebody is in it would take the focus away: only the part that says how far it is.
const run = document.getElementById("run");
if (run?.dataset.poll) {
  const again = async () => {
    const other = await fetched(location.href);
    const there = other.getElementById("run");
    if (!there?.dataset.poll) { location.reload(); return; }
    take(other, "run-now");
    setTimeout(again, 2000);
  };
  setTimeout(() => again().catch((error) => console.warn(error)), 2000);
}
