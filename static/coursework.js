// Keeps homework as it is written. Without this script the form has a button that does the same.
// What has not reached us yet is locked away on this machine, and thrown out once it has.
const PREFIX = "svar:";
const MONTH = 30 * 24 * 3600 * 1000;
const AFTER_TYPING = 900;
const waits = [1500, 3000, 6000, 12000, 30000];
const pages = [...document.querySelectorAll("form[data-sheet]")];
const keyed = document.querySelector("form[data-key]");
const fields = new Map(); // "sheet:field" → what we know of it
let busy = false;
let failures = 0;
let timer;
let lock;

class Field {
  constructor(form, box) {
    this.form = form;
    this.box = box;
    this.name = box.dataset.field;
    this.id = `${form.dataset.sheet}:${this.name}`;
    this.base = box.querySelector(`[name="base.${CSS.escape(this.name)}"]`);
    this.pen = form.elements.pen.value;
    this.saved = this.words();
    this.dirty = false;
  }

  inputs() {
    return [...this.box.querySelectorAll("input, textarea")].filter((input) => input.type !== "hidden");
  }

  words() {
    return this.inputs()
      .filter((input) => !["radio", "checkbox"].includes(input.type) || input.checked)
      .map((input) => [input.name, input.value])
      .filter(([, value]) => value !== "");
  }

  changed() {
    return JSON.stringify(this.words()) !== JSON.stringify(this.saved);
  }

  say(text, state = "") {
    const line = this.box.querySelector("[data-saved]");
    if (line) {
      line.textContent = text;
      line.dataset.state = state;
    }
  }

  put(words) {
    const rows = words.map(([name]) => /\.(\d+)\.[^.]+$/.exec(name)).filter(Boolean);
    const most = Math.max(-1, ...rows.map((found) => Number(found[1])));
    while (this.box.querySelector("[data-row]") && this.box.querySelectorAll("[data-row]").length <= most) addRow(this.box);
    for (const input of this.inputs()) {
      const own = words.filter(([name]) => name === input.name).map(([, value]) => value);
      if (["radio", "checkbox"].includes(input.type)) input.checked = own.includes(input.value) || (input.value === "" && !own.length);
      else input.value = own[0] ?? "";
    }
  }
}

// Drafts: sealed with a key that only a signed-in page of this person's carries.
async function key() {
  if (!keyed || !globalThis.crypto?.subtle) return null;
  lock ??= crypto.subtle.importKey("raw", Uint8Array.from(atob(keyed.dataset.key), (c) => c.charCodeAt(0)), "AES-GCM", false, ["encrypt", "decrypt"]);
  return lock;
}

async function keepDraft(field) {
  const k = await key();
  if (!k || !field.dirty) return;
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const draft = { words: field.words(), base: field.base.value, pen: field.pen };
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, k, new TextEncoder().encode(JSON.stringify(draft)));
  if (!field.dirty) return; // it reached us while it was being sealed
  const text = btoa(String.fromCharCode(...nonce, ...new Uint8Array(sealed)));
  try {
    localStorage.setItem(PREFIX + field.id, JSON.stringify([Date.now(), text]));
  } catch {
    // No room, or none allowed: the page itself still holds the words and goes on trying.
  }
}

function dropDraft(field) {
  try {
    localStorage.removeItem(PREFIX + field.id);
  } catch {
    // There was none.
  }
}

async function openDraft(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes.slice(0, 12) }, await key(), bytes.slice(12));
  return JSON.parse(new TextDecoder().decode(plain));
}

async function findDrafts() {
  let names;
  try {
    names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  } catch {
    return;
  }
  for (const name of names) {
    const field = fields.get(name.slice(PREFIX.length));
    try {
      const [at, text] = JSON.parse(localStorage.getItem(name));
      if (Date.now() - at > MONTH) localStorage.removeItem(name);
      else if (field && (await key()) && !field.dirty) await takeUp(field, await openDraft(text));
    } catch {
      // Sealed for somebody else who uses this screen: not ours to open.
    }
  }
  save();
}

function takeUp(field, draft) {
  if (JSON.stringify(draft.words) === JSON.stringify(field.words())) return dropDraft(field);
  field.put(draft.words);
  if (draft.words.length) field.box.querySelector("[data-feedback]")?.removeAttribute("hidden");
  field.pen = draft.pen;
  field.base.value = draft.base;
  field.dirty = true;
  field.say("Det her nåede ikke at blive gemt sidst. Vi gemmer det nu …", "waiting");
}

function body(field) {
  const sent = new URLSearchParams(field.words());
  sent.set(`base.${field.name}`, field.base.value);
  sent.set("pen", field.pen);
  sent.set("csrf_token", field.form.elements.csrf_token.value);
  return sent;
}

function post(field, sent, keepalive = false) {
  return fetch(field.form.getAttribute("action"), {
    method: "POST",
    headers: { Accept: "application/json" },
    redirect: "manual",
    keepalive,
    body: sent,
  });
}

async function saveOne(field) {
  const words = field.words();
  field.say("Gemmer …");
  const answer = await post(field, body(field));
  if (answer.type === "opaqueredirect" || answer.status === 403) return refused(field, "Du er logget ud, så vi kan ikke gemme lige nu. Log ind i et andet vindue, så gemmer vi det her.");
  if (answer.status === 400) return refused(field, "Hent siden igen, så gemmer vi det.");
  if (answer.status === 409) return refused(field, "Vi gemmer ikke dine svar mere, fordi samtykket er trukket tilbage.");
  if (answer.status !== 200 && answer.status !== 422) throw new Error(String(answer.status));
  const told = await answer.json();
  if (told.wrong[field.name]) {
    dropDraft(field); // a CPR number is kept nowhere
    field.dirty = false;
    field.saved = words;
    field.say(`Ikke gemt. ${told.wrong[field.name]}`, "wrong");
    return undefined;
  }
  const kept = told.fields[field.name];
  field.base.value = kept.version;
  field.saved = words;
  field.dirty = field.changed();
  if (!field.dirty) dropDraft(field);
  field.say(told.saved, "saved");
  if (kept.clashed) offerOlder(field);
  return undefined;
}

function refused(field, why) {
  field.say(`Ikke gemt endnu. ${why}`, "waiting");
  throw new Error("refused");
}

function offerOlder(field) {
  if (field.box.querySelector(".older")) return;
  const line = document.createElement("p");
  line.className = "older";
  const link = document.createElement("a");
  link.href = `${field.form.getAttribute("action")}/tidligere`;
  link.textContent = "Se begge dele, og vælg";
  line.append("Du havde skrevet noget andet her, på en anden skærm. ", link);
  field.box.append(line);
}

async function save() {
  clearTimeout(timer);
  if (busy) return;
  busy = true;
  try {
    for (const field of fields.values()) while (field.dirty) await saveOne(field);
    if (failures) announce("Forbindelsen er tilbage. Alt er gemt.");
    failures = 0;
  } catch {
    later();
  } finally {
    busy = false;
  }
}

function later() {
  for (const field of fields.values()) if (field.dirty && !field.box.querySelector("[data-saved]")?.textContent.startsWith("Ikke gemt endnu.")) field.say("Ikke gemt endnu – vi prøver igen", "waiting");
  if (!failures) announce("Ikke gemt endnu – vi prøver igen. Du kan roligt skrive videre.");
  timer = setTimeout(save, waits[Math.min(failures, waits.length - 1)]);
  failures += 1;
}

function announce(text) {
  for (const line of document.querySelectorAll("[data-all]")) line.textContent = text;
}

function touched(event) {
  const box = event.target.closest("[data-field]");
  const form = event.target.form;
  const field = box && form && fields.get(`${form.dataset.sheet}:${box.dataset.field}`);
  if (!field) return;
  field.box.querySelector("[data-feedback]")?.removeAttribute("hidden");
  field.dirty = field.changed();
  if (!field.dirty) return dropDraft(field);
  keepDraft(field);
  if (failures) return field.say("Ikke gemt endnu – vi prøver igen", "waiting");
  clearTimeout(timer);
  timer = setTimeout(save, event.type === "change" ? 150 : AFTER_TYPING);
}

function addRow(box) {
  const rows = [...box.querySelectorAll("[data-row]")];
  const last = rows[rows.length - 1];
  const copy = last.cloneNode(true);
  const [from, to] = [rows.length - 1, rows.length];
  for (const part of copy.querySelectorAll("[name], [id], [for]")) {
    for (const name of ["name", "id", "for"]) {
      const value = part.getAttribute(name);
      if (value) part.setAttribute(name, value.replace(`.${from}.`, `.${to}.`).replace(`-${from}-`, `-${to}-`));
    }
    if (part.matches("input, textarea")) {
      const isBlank = part.value === "";
      if (["radio", "checkbox"].includes(part.type)) part.checked = part.defaultChecked = isBlank;
      else part.value = part.defaultValue = "";
    }
  }
  const legend = copy.querySelector("legend");
  legend.textContent = legend.textContent.replace(/\d+$/, String(to + 1));
  last.after(copy);
  return copy;
}

for (const form of pages) {
  for (const box of form.querySelectorAll("[data-field]")) {
    const field = new Field(form, box);
    fields.set(field.id, field);
  }
  form.addEventListener("input", touched);
  form.addEventListener("change", touched);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.submitter?.matches("[data-more]")) {
      addRow(event.submitter.closest("[data-field]")).querySelector("input, textarea")?.focus();
      return;
    }
    const waiting = [...fields.values()].some((field) => field.dirty);
    if (!waiting) announce("Alt er gemt.");
    save().then(() => {
      if (waiting && !failures) announce("Alt er gemt.");
    });
  });
  form.querySelector("[data-plain]")?.setAttribute("hidden", "");
}

addEventListener("online", save);
addEventListener("pagehide", () => {
  for (const field of fields.values()) if (field.dirty) post(field, body(field), true).catch(() => {});
});
findDrafts();
