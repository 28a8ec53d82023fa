// Makes the plain sound of a lesson a player: remembers where one is, jumps, slows down, goes to
// sleep, and follows the words. Without it the browser's own controls do.
const player = document.getElementById("course-player");
const audio = player.querySelector("audio");
const lesson = document.getElementById("lektion");
const deck = player.querySelector(".deck");
const part = (name) => player.querySelector(`[data-${name}]`);
const [slider, at, told, play] = [part("slider"), part("at"), part("told"), part("play")];
const [speed, sleep, chapter] = [part("speed"), part("sleep"), part("chapter")];
const cues = JSON.parse(player.dataset.cues);
const whole = Number(player.dataset.seconds);
const JUMP = 15;
const REMEMBER_EVERY = 10_000;

let wanted = Number(lesson.dataset.heard || 0); // where to begin, until the sound can be asked
let remembered = wanted;
let sleepTimer;
let rememberTimer;

const position = () => (audio.readyState ? audio.currentTime : wanted);
const clock = (seconds) =>
  `${Math.floor(seconds / 60)}.${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function seek(seconds) {
  const to = Math.min(Math.max(seconds, 0), whole);
  if (audio.readyState) audio.currentTime = to;
  else wanted = to;
  show();
}

function show() {
  const now = position();
  slider.value = Math.floor(now);
  slider.setAttribute("aria-valuetext", `${clock(now)} af ${clock(whole)}`);
  at.textContent = clock(now);
  if (chapter) {
    const starts = [...chapter.options].map((option) => Number(option.value));
    chapter.selectedIndex = starts.findLastIndex((start) => start <= now + 0.5);
  }
  const cue = audio.paused ? undefined : cues.findLast(([, start]) => start <= now + 0.2);
  const said = cue && document.getElementById(`lyd-${cue[0]}`);
  const marked = document.querySelector(".said-now");
  if (marked === said) return;
  marked?.classList.remove("said-now");
  marked?.removeAttribute("aria-current");
  said?.classList.add("said-now");
  said?.setAttribute("aria-current", "true");
}

function remember() {
  clearTimeout(rememberTimer);
  rememberTimer = undefined;
  const seconds = audio.ended ? 0 : Math.floor(position());
  const state = `${seconds}/${speed.value}`;
  if (!lesson.dataset.listenUrl || state === remembered) return;
  remembered = state;
  fetch(lesson.dataset.listenUrl, {
    method: "POST",
    keepalive: true,
    headers: { "X-CSRFToken": lesson.dataset.csrf },
    body: new URLSearchParams({ seconds, speed: speed.value }),
  }).catch(() => {
    remembered = undefined; // offline: the next stop tries again
  });
}

function toggle() {
  if (audio.paused) audio.play().catch(() => say("Lyden kan ikke hentes lige nu. Prøv igen om lidt."));
  else audio.pause();
}

function say(words) {
  told.textContent = words;
}

const jump = (seconds) => seek(position() + seconds);

play.addEventListener("click", toggle);
part("back").addEventListener("click", () => jump(-JUMP));
part("forward").addEventListener("click", () => jump(JUMP));
slider.addEventListener("input", () => seek(Number(slider.value)));
slider.addEventListener("change", remember);
chapter?.addEventListener("change", () => seek(Number(chapter.value)));
speed.addEventListener("change", () => {
  audio.playbackRate = audio.defaultPlaybackRate = Number(speed.value) / 100;
  remember();
});
sleep.addEventListener("change", () => {
  clearTimeout(sleepTimer);
  const minutes = Number(sleep.value);
  if (!minutes) return say("Lyden stopper ikke af sig selv.");
  say(`Lyden stopper om ${minutes} minutter.`);
  sleepTimer = setTimeout(() => {
    audio.pause();
    sleep.value = "0";
    say("Lyden er stoppet. Sov godt, hvis det er det, du skal.");
  }, minutes * 60_000);
});

// Keys work while one is in the player, so that no other key of the page is taken.
player.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
  const onSlider = event.target === slider;
  const keys = { k: toggle, j: () => jump(-JUMP), l: () => jump(JUMP) };
  if (!onSlider) Object.assign(keys, { ArrowLeft: keys.j, ArrowRight: keys.l });
  if (onSlider) keys[" "] = toggle;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

audio.addEventListener("loadedmetadata", () => {
  if (wanted) audio.currentTime = wanted;
  audio.playbackRate = Number(speed.value) / 100;
});
audio.addEventListener("timeupdate", () => {
  show();
  if (!audio.paused) rememberTimer ??= setTimeout(remember, REMEMBER_EVERY);
});
for (const [event, words] of [["play", "Pause"], ["pause", "Afspil"], ["ended", "Afspil"]]) {
  audio.addEventListener(event, () => {
    play.textContent = words;
    show();
    if (event !== "play") remember();
  });
}
audio.addEventListener("seeked", () => audio.paused && remember());
audio.addEventListener("error", () => say("Lyden kan ikke hentes lige nu. Prøv igen om lidt."));
addEventListener("pagehide", () => audio.played.length && remember());
player.querySelector("[data-words]")?.addEventListener("click", () => {
  document.getElementById("course-manuscript").open = true;
});

if ("mediaSession" in navigator) {
  const session = navigator.mediaSession;
  session.metadata = new MediaMetadata({ title: player.dataset.title, artist: "E-forløb" });
  const handlers = {
    play: toggle,
    pause: toggle,
    seekbackward: () => jump(-JUMP),
    seekforward: () => jump(JUMP),
    seekto: (details) => seek(details.seekTime),
  };
  for (const [name, handler] of Object.entries(handlers)) {
    try {
      session.setActionHandler(name, handler);
    } catch {
      // an older browser does not know this key
    }
  }
}

speed.value = lesson.dataset.speed || "100";
remembered = `${wanted}/${speed.value}`;
audio.controls = false;
deck.hidden = false;
show();
