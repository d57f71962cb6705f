// The counter's sound: a short high tone when a scan was done, a longer low one when it was not. It is off until somebody switches it on, in this
// browser; the text says the same.
const KEY = "evenfield-counter-sound";
const TONES = { good: [880, 0.09], bad: [196, 0.35] };

const read = () => {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
};
const keep = (isOn) => {
  try {
    localStorage.setItem(KEY, isOn ? "on" : "off");
  } catch {
    // Not kept: it is off again on the next page.
  }
};

function play(kind) {
  try {
    const sound = new AudioContext();
    const [tone, seconds] = TONES[kind];
    const [source, volume] = [sound.createOscillator(), sound.createGain()];
    source.frequency.value = tone;
    volume.gain.value = 0.15;
    source.connect(volume).connect(sound.destination);
    source.onended = () => sound.close();
    source.start();
    source.stop(sound.currentTime + seconds);
  } catch {
    // No loudspeaker.
  }
}

const box = document.getElementById("counter-sound");
document.getElementById("counter-sound-line").hidden = false;
box.checked = read();
box.addEventListener("change", () => {
  keep(box.checked);
  if (box.checked) play("good");
});
const said = document.querySelector("main .told .tag");
if (said && box.checked) play(said.classList.contains("bad") ? "bad" : "good");
