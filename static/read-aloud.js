// Reads a lesson aloud where the browser has a Danish voice. The button shows only then.
const row = document.getElementById("course-aloud");
const lines = [...document.querySelectorAll(".lesson-body > .prose > :is(p, h2, h3, ul, ol, blockquote)")];
const start = row.querySelector("[data-start]");
const stop = row.querySelector("[data-stop]");
const speech = window.speechSynthesis;
let line = -1; // the one being read; -1 when none is

const voice = () => speech?.getVoices().find((each) => /^da\b/i.test(each.lang));

function mark() {
  document.querySelector(".read-now")?.classList.remove("read-now");
  lines[line]?.classList.add("read-now");
  start.textContent = line < 0 ? "Læs højt" : speech.paused ? "Fortsæt" : "Hold pause";
  stop.hidden = line < 0;
}

function words(element) {
  const copy = element.cloneNode(true);
  for (const note of copy.querySelectorAll("sup")) note.remove();
  return copy.textContent.trim();
}

function read(at) {
  line = at < lines.length ? at : -1;
  mark();
  if (line < 0) return;
  const said = new SpeechSynthesisUtterance(words(lines[line]));
  said.lang = "da-DK";
  said.voice = voice();
  said.rate = Number(document.getElementById("lektion").dataset.speed || 100) / 100;
  said.addEventListener("end", () => line === at && read(at + 1));
  speech.speak(said);
}

function silence() {
  line = -1;
  speech.cancel();
  mark();
}

/** The paragraph at the top of the window: whoever has scrolled down wants to go on from there. */
function here() {
  const found = lines.findIndex((each) => each.getBoundingClientRect().bottom > 80);
  return Math.max(found, 0);
}

function toggle() {
  if (line < 0) {
    speech.cancel();
    return read(here());
  }
  if (speech.paused) speech.resume();
  else speech.pause();
  // A browser tells of a pause a little later.
  setTimeout(mark, 100);
}

function offer() {
  row.hidden = !voice() || !lines.length;
}

if (speech) {
  start.addEventListener("click", toggle);
  stop.addEventListener("click", silence);
  speech.addEventListener?.("voiceschanged", offer);
  addEventListener("pagehide", () => speech.cancel());
  offer();
}
