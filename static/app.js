// Keys for rating, and the few things that a page can't do without a script.
// Every page works without this file; it only makes things quicker.

const ADVANCE_AFTER_MS = 350; // long enough to see which answer was given
const POLL_EVERY_MS = 3000;

let shownAt = performance.now();
let advance = 0;

const answers = () => document.getElementById("answers");

function isTyping(target) {
  return target.matches("textarea, select, input:not([type=radio]):not([type=checkbox]), [contenteditable]");
}

function keyed(key) {
  const wanted = key.length === 1 ? key.toLowerCase() : key;
  return document.querySelector(`[data-key="${CSS.escape(wanted)}"]`);
}

function openAndFocus(summary) {
  const details = summary.parentElement;
  details.open = !details.open;
  if (details.open) details.querySelector("textarea, input:not([type=hidden])")?.focus();
}

function press(element) {
  if (element.tagName === "SUMMARY") openAndFocus(element);
  else element.click();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (document.querySelector("dialog[open]")) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  // Enter and space keep their meaning on whatever has the focus.
  if ((event.key === "Enter" || event.key === " ") && event.target.closest("a, button, summary")) return;
  const element = keyed(event.key);
  if (!element) return;
  event.preventDefault();
  press(element);
});

function isComplete(form) {
  return [...form.querySelectorAll("fieldset.question")].every((each) => each.querySelector("input:checked"));
}

document.addEventListener("change", (event) => {
  const form = answers();
  if (!form?.contains(event.target)) return;
  clearTimeout(advance);
  const revisited = document.querySelector(".rate-card[data-revisited]");
  if (event.target.type !== "radio" || revisited || form.querySelector("details.flag[open]") || !isComplete(form)) return;
  advance = setTimeout(() => form.isConnected && form.requestSubmit(form.querySelector(".save")), ADVANCE_AFTER_MS);
});

document.addEventListener(
  "submit",
  (event) => {
    clearTimeout(advance);
    if (event.target === answers()) event.target.elements.seconds.value = ((performance.now() - shownAt) / 1000).toFixed(1);
  },
  true,
);

// The second half of a double click would meet the next example.
document.addEventListener(
  "click",
  (event) => {
    if (event.detail > 1 && event.target.closest(".rate-actions")) event.preventDefault();
  },
  true,
);

document.addEventListener("htmx:after:swap", (event) => {
  const form = event.detail?.ctx?.sourceElement?.closest?.("form");
  form?.querySelector(".form-error:not(:empty)")?.scrollIntoView({ block: "center" });
  const card = document.querySelector(".rate-card");
  if (!card || card.dataset.seen) return;
  card.dataset.seen = "yes";
  clearTimeout(advance);
  shownAt = performance.now();
  card.focus({ preventScroll: true });
  scrollTo({ top: 0 });
});

document.addEventListener("htmx:error", (event) => {
  const form = event.target.closest?.("form");
  const line = form?.querySelector(".form-error");
  if (line) line.textContent = "Not saved: Tamis can’t be reached. What you entered is still here; try again in a moment.";
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  const closer = event.target.closest("[data-closes]");
  if (closer) document.getElementById(closer.dataset.closes).close();
  const copier = event.target.closest("[data-copies]");
  if (copier) {
    const field = document.getElementById(copier.dataset.copies);
    field.select();
    navigator.clipboard?.writeText(field.value).then(() => (copier.textContent = "Copied"));
  }
});

// On a narrow screen the sections scroll sideways: show where one is.
document.querySelector(".sidebar [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

// A run is watched over one long connection; where a proxy won't have that, its figures are asked for now and then.
function poll(event) {
  const watched = event.target;
  if (!watched.matches?.("[data-poll]") || watched.dataset.polling) return;
  watched.dataset.polling = "yes";
  const timer = setInterval(() => {
    const isActive = watched.querySelector("[data-active]");
    if (!isActive) htmx.trigger(watched, "ended"); // as the connection would have said
    if (!isActive || !watched.isConnected || !watched.dataset.polling) clearInterval(timer);
    else htmx.ajax("GET", watched.dataset.poll, { source: watched, target: watched, swap: "innerMorph" });
  }, POLL_EVERY_MS);
}

// The first connection is a request like any other, later ones are not.
for (const trouble of ["htmx:error", "htmx:response:error", "htmx:sse:error"]) document.addEventListener(trouble, poll);

document.addEventListener("htmx:sse:after:connection", (event) => {
  const watched = event.target.closest?.("[data-poll]");
  if (watched && event.detail?.connection?.status === 200) delete watched.dataset.polling;
});
