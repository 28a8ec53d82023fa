// Loads htmx when the place that needs it comes near: most visits never get there.
const { src, near } = document.currentScript.dataset;
const place = document.getElementById(near);
if (place) {
  new IntersectionObserver(
    (seen, watch) => {
      if (!seen.some((entry) => entry.isIntersecting)) return;
      watch.disconnect();
      document.head.append(Object.assign(document.createElement("script"), { src }));
    },
    { rootMargin: "100%" },
  ).observe(place);
}
