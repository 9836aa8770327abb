// Answers on their way. Each is kept in this browser until the server has said that it is stored, so that a lost
// network, an ended sign-in, a restarted server or a closed laptop loses none. Sent twice, it still counts once.

const WAITS_MS = [1000, 2000, 4000, 8000, 15000];
const SLOW_MS = 1500; // what takes longer is worth a word
const GIVEN_UP_MS = 20000;

const place = document.getElementById("rate");
const line = document.getElementById("rate-status");
const dialog = document.getElementById("sign-in-again");
const prefix = `tamis.answer.${place.dataset.person}.`;

const waiting = new Map(); // by submission, oldest first
let isReady = false; // to hear what became of an answer
let sending = false;
let failures = 0;
let retry = 0;
let slow = 0;
let idle = [];

function store(entry) {
  try {
    localStorage.setItem(prefix + entry.submission, JSON.stringify(entry));
    entry.stored = true;
  } catch {
    entry.stored = false; // no room, or not allowed: it stays in this page, which asks before it is closed
  }
}

function restore() {
  const found = [];
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(prefix)) found.push({ ...JSON.parse(localStorage.getItem(key)), stored: true });
    }
  } catch {
    return;
  }
  found.sort((one, other) => one.at - other.at);
  for (const entry of found) if (!waiting.has(entry.submission)) waiting.set(entry.submission, entry);
}

function drop(entry) {
  waiting.delete(entry.submission);
  place.toggleAttribute("data-unsaved", waiting.size > 0);
  try {
    localStorage.removeItem(prefix + entry.submission);
  } catch {
    // It was never stored there.
  }
}

function say(sentence) {
  line.textContent = sentence;
  line.hidden = !sentence;
}

const many = (count) => (count === 1 ? "1 answer is" : `${count} answers are`);

function settle() {
  if (waiting.size) return;
  clearTimeout(slow);
  failures = 0;
  say("");
  for (const done of idle) done();
  idle = [];
}

function later(sentence) {
  const wait = WAITS_MS[Math.min(failures, WAITS_MS.length - 1)];
  failures += 1;
  clearTimeout(slow);
  say(`Not saved yet: ${sentence} ${many(waiting.size)} kept in this browser and sent again by itself. You can go on.`);
  retry = setTimeout(flush, wait);
  return false;
}

function askToSignIn() {
  say(`Not saved yet: you are signed out. ${many(waiting.size)} kept in this browser.`);
  if (!dialog.open) dialog.showModal();
  return false;
}

async function send(entry) {
  const body = new URLSearchParams([...entry.fields, ["held", [...window.rating.held()].join()]]);
  let response, html;
  try {
    const options = { method: "POST", body, headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(GIVEN_UP_MS) };
    response = await fetch(entry.path, options);
    html = await response.text();
  } catch {
    return later("Tamis can’t be reached.");
  }
  if (response.status === 401) return askToSignIn();
  if (response.status === 408 || response.status === 429 || response.status >= 500) return later("Tamis is busy.");
  // What lies between may answer in the place of Tamis, so only what names the answer has stored it.
  if (response.ok && response.headers.get("tamis-saved") !== entry.submission) return later("Tamis can’t be reached.");
  if (dialog.open) dialog.close();
  drop(entry);
  document.dispatchEvent(new CustomEvent(response.ok ? "rating:saved" : "rating:refused", { detail: { entry, html } }));
  return true;
}

async function flush() {
  if (sending || !isReady) return;
  clearTimeout(retry);
  sending = true;
  try {
    while (waiting.size) {
      const [entry] = waiting.values();
      if (!(await send(entry))) break;
    }
  } finally {
    sending = false;
  }
  settle();
}

function add(entry) {
  waiting.set(entry.submission, entry);
  place.toggleAttribute("data-unsaved", true);
  store(entry);
  clearTimeout(slow);
  slow = setTimeout(() => waiting.size && !failures && say("Saving …"), SLOW_MS);
  flush();
}

window.rating = {
  held: () => [],
  start: () => {
    isReady = true;
    flush();
  },
  add,
  candidates: () => [...waiting.values()].map((entry) => entry.candidate),
  isIdle: () => !waiting.size,
  whenIdle: () => (waiting.size ? new Promise((done) => idle.push(done)) : Promise.resolve()),
};

dialog.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const error = form.querySelector(".form-error");
  try {
    const options = { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "HX-Request": "true" } };
    const response = await fetch(form.getAttribute("action"), options);
    error.textContent = response.ok ? "" : new DOMParser().parseFromString(await response.text(), "text/html").body.textContent;
    if (response.ok) form.reset();
  } catch {
    error.textContent = "Tamis can’t be reached. Try again in a moment.";
  }
  if (!error.textContent) flush();
});

dialog.querySelector("[data-retry]").addEventListener("click", flush);
addEventListener("online", flush);
addEventListener("focus", flush);
addEventListener("beforeunload", (event) => {
  if ([...waiting.values()].some((entry) => !entry.stored)) event.preventDefault();
});

restore();
place.toggleAttribute("data-unsaved", waiting.size > 0);
