// The field on which somebody signs with a finger, a pen or a mouse. Without it a typed name is enough.
const pad = document.getElementById("pad");
const ink = document.getElementById("ink");
const field = document.getElementById("strokes");
const [width, height] = [pad.viewBox.baseVal.width, pad.viewBox.baseVal.height];
// The server takes 16 KiB; points that are hardly apart are left out long before.
const MOST = 15 * 1024;
const APART = 3;

let last = null;
document.getElementById("pad-field").hidden = false;

function place(event) {
  const box = pad.getBoundingClientRect();
  const inside = (n, most) => Math.max(0, Math.min(most, Math.round(n)));
  return [inside(((event.clientX - box.left) / box.width) * width, width), inside(((event.clientY - box.top) / box.height) * height, height)];
}

function add(command, [x, y]) {
  if (field.value.length > MOST) return;
  field.value += `${command}${x} ${y}`;
  ink.setAttribute("d", field.value);
  last = [x, y];
}

pad.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  event.preventDefault();
  pad.setPointerCapture(event.pointerId);
  add("M", place(event));
});
pad.addEventListener("pointermove", (event) => {
  if (!last || !pad.hasPointerCapture(event.pointerId)) return;
  const at = place(event);
  if (Math.hypot(at[0] - last[0], at[1] - last[1]) >= APART) add("L", at);
});
pad.addEventListener("pointerup", () => { last = null; });
pad.addEventListener("pointercancel", () => { last = null; });
document.getElementById("pad-clear").addEventListener("click", () => {
  field.value = "";
  ink.setAttribute("d", "");
});
