// Fetches htmx when somebody begins in the form: most who see it only read. The form is whole
// without it. What was filled in before htmx was there is told again, so that it is checked too.
// It listens on the document, since it runs when it comes and not in the page's first layout.
const address = document.currentScript.dataset.htmx;
const touches = ["pointerdown", "focusin", "input"];
const changed = new Set();
const note = (event) => changed.add(event.target);
const begin = (event) => event.target.closest?.("main form") && fetchIt();

function tellAgain() {
  removeEventListener("change", note);
  for (const field of changed) field.dispatchEvent(new Event("change", { bubbles: true }));
}

function fetchIt() {
  for (const touch of touches) removeEventListener(touch, begin);
  const script = Object.assign(document.createElement("script"), { src: address });
  // htmx looks at the page in a task of its own; ours is the next.
  script.addEventListener("load", () => setTimeout(tellAgain));
  document.head.append(script);
}

addEventListener("change", note);
for (const touch of touches) addEventListener(touch, begin);
if (document.querySelector("main form:focus-within")) fetchIt();
