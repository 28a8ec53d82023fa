// Remembers how far one has read in a lesson, so that the next visit starts there.
// The page is whole without it.
const lesson = document.querySelector("article#lektion[data-place-url]");
const paragraphs = lesson ? [...lesson.querySelectorAll('[id^="afsnit-"]')] : [];
let sent = paragraphs[0]?.id;
let timer;

function topmost() {
  return paragraphs.find((paragraph) => paragraph.getBoundingClientRect().bottom > 0)?.id;
}

function send() {
  clearTimeout(timer);
  const place = topmost();
  if (!place || place === sent) return;
  sent = place;
  fetch(lesson.dataset.placeUrl, {
    method: "POST",
    keepalive: true,
    headers: { "X-CSRFToken": lesson.dataset.csrf },
    body: new URLSearchParams({ place }),
  }).catch(() => {
    sent = undefined; // offline: the next stop tries again
  });
}

// What marks the lesson as done comes when its place comes near: most visits end before it.
const mark = document.getElementById("course-completed");
if (lesson && mark) {
  new IntersectionObserver((seen, watch) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    document.head.append(Object.assign(document.createElement("script"), { src: lesson.dataset.htmx }));
  }, { rootMargin: "100%" }).observe(mark);
}

if (paragraphs.length) {
  addEventListener("scroll", () => {
    clearTimeout(timer);
    timer = setTimeout(send, 1500);
  }, { passive: true });
  addEventListener("pagehide", send);
}
