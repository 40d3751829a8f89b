// Banners above every page. An alert that asks for a sound rings once, in one tab, in browsers where that was switched
// on (Alerts → sound in this browser). A whisper is said wherever the agent is.
import { alertReader } from "./desk.js";
import { toast } from "./toast.js";

const KEY = "alert-sound";
const rung = new Set();
let audio = null;

const wanted = () => localStorage.getItem(KEY) === "on";

/** Three falling tones; browsers allow it once the page was clicked. */
function ring() {
  audio ??= new AudioContext();
  for (const [index, pitch] of [880, 740, 587].entries()) {
    const at = audio.currentTime + index * 0.22;
    const tone = audio.createOscillator(), volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.12, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.4);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.4);
  }
}

function look() {
  const fresh = [...document.querySelectorAll("[data-alert-sound]")].filter(({ dataset }) => !rung.has(dataset.alertSound));
  for (const { dataset } of fresh) rung.add(dataset.alertSound);
  if (!fresh.length || !wanted()) return;
  navigator.locks.request("switchroom-alert", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    ring();
    await new Promise((done) => { setTimeout(done, 1_500); });
  });
}

function mark(button) {
  button.setAttribute("aria-pressed", String(wanted()));
}

const notices = document.getElementById("notices");
if (notices) {
  new MutationObserver(look).observe(notices, { childList: true, subtree: true });
  document.body.addEventListener("live:whisper", () => {
    toast(notices.dataset.whisper);
    alertReader("sound_assigned", notices.dataset.whisper, "");
  });
}

const button = document.querySelector("[data-alert-sound-switch]");
if (button) {
  mark(button);
  button.addEventListener("click", () => {
    localStorage.setItem(KEY, wanted() ? "off" : "on");
    if (wanted()) ring();
    mark(button);
  });
}
