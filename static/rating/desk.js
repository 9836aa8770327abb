// One example at a time, the next two loaded already: an answer shows the next one at once and is saved meanwhile.

const ADVANCE_AFTER_MS = 350; // long enough to see which answer was given
const AHEAD = 2;

const place = document.getElementById("rate");
const refused = document.getElementById("rate-refused");
const guidelines = document.getElementById("guidelines");
const draftPrefix = `tamis.draft.${place.dataset.person}.`;
const RAW = "tamis.raw";

let ahead = [];
let shownAt = performance.now();
let advance = 0;
let isWaiting = false; // for the server to say what comes next

const card = () => place.querySelector(".rate-card");
const answers = () => document.getElementById("answers");
const numberOf = (each) => Number(each.dataset.candidate);
const held = () => new Set([card(), ...ahead].filter(Boolean).map(numberOf).concat(window.rating.candidates()));
const parse = (html) => new DOMParser().parseFromString(html, "text/html");

function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // A convenience: without it nothing is lost that was sent.
  }
}

function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

const draftOf = (form) => `${draftPrefix}${numberOf(form.closest(".rate-card"))}.${form.elements.version.value}`;
const questions = (form) => [...form.querySelectorAll("fieldset.question:not([hidden])")];
const isAnswered = (question) => !!question.querySelector("input:checked, input[data-ranks][data-complete]");

function follow(form) {
  for (const question of form.querySelectorAll("fieldset.question[data-if]")) {
    const given = form.querySelector(`fieldset:not([hidden]) input[name="${question.dataset.if}"]:checked`);
    const isShown = !!given && JSON.parse(question.dataset.is).includes(given.value);
    question.hidden = question.disabled = !isShown;
  }
  for (const field of form.querySelectorAll("input[data-ranks]")) markPlaces(field);
}

function markPlaces(field) {
  const buttons = [...field.closest("fieldset").querySelectorAll("[data-rank]")];
  const order = field.value.toUpperCase().replace(/[^A-I]/g, "");
  for (const button of buttons) {
    const at = order.indexOf(button.dataset.rank);
    button.querySelector(".rank").textContent = at < 0 ? "" : `${at + 1}.`;
    button.setAttribute("aria-pressed", String(at >= 0));
  }
  const letters = new Set(order);
  field.toggleAttribute("data-complete", letters.size === order.length && buttons.every((each) => letters.has(each.dataset.rank)));
}

function rank(button) {
  const field = button.closest("fieldset").querySelector("input[data-ranks]");
  const letter = button.dataset.rank;
  field.value = field.value.includes(letter) ? field.value.replace(letter, "") : field.value + letter;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function restoreDraft(form) {
  const draft = recall(draftOf(form));
  if (!draft) return;
  for (const [name, value] of JSON.parse(draft)) {
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (field.type === "radio" || field.type === "checkbox") field.checked ||= field.value === value;
      else if (field.type !== "hidden" && field.tagName !== "BUTTON") field.value = value;
    }
  }
  for (const details of form.querySelectorAll("details.more")) {
    details.open ||= !!details.querySelector("input:checked") || !!details.querySelector("textarea")?.value;
  }
}

function begin(isNew = true) {
  const now = card();
  clearTimeout(advance);
  if (!now || now.dataset.seen) return;
  now.dataset.seen = "yes";
  shownAt = performance.now();
  isWaiting = false;
  ahead = ahead.filter((each) => numberOf(each) !== numberOf(now));
  for (const hidden of now.querySelectorAll("[data-scripted]")) hidden.hidden = false;
  const form = answers();
  restoreDraft(form);
  follow(form);
  now.querySelector(".raw-switch").checked = recall(RAW) === "yes";
  renewGuidelines(form.elements.guidelines.value);
  if (!isNew) return; // a page that has just been opened begins at its top, as any other
  now.focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

document.addEventListener("change", (event) => {
  if (event.target.matches(".raw-switch")) return remember(RAW, event.target.checked ? "yes" : null);
  const form = answers();
  if (!form?.contains(event.target)) return;
  clearTimeout(advance);
  follow(form);
  const isLast = event.target.matches("[type=radio], [data-ranks]") && questions(form).every(isAnswered);
  if (!isLast || card().hasAttribute("data-revisited") || isBusyElsewhere()) return;
  advance = setTimeout(() => form.isConnected && !isBusyElsewhere() && form.requestSubmit(form.querySelector(".save")), ADVANCE_AFTER_MS);
});

// An open comment, or an edit, may not be finished yet.
const isBusyElsewhere = () => !!card()?.querySelector("details.more[open], details.edit[open]");

for (const type of ["change", "input"]) {
  document.addEventListener(type, (event) => {
    const form = answers();
    if (!form?.contains(event.target)) return;
    const given = [...new FormData(form)].filter(([name]) => form.querySelector(`[name="${CSS.escape(name)}"]`).type !== "hidden");
    remember(draftOf(form), JSON.stringify(given));
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-rank]");
  if (button) rank(button);
});

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form === answers()) {
      event.preventDefault();
      give(form, event.submitter);
    } else if (form.matches("[data-after-saving]") && !window.rating.isIdle()) {
      event.preventDefault();
      event.stopImmediatePropagation();
      window.rating.whenIdle().then(() => place.querySelector("[data-after-saving] button")?.click());
    }
  },
  true,
);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-after-saving]");
  if (!link || window.rating.isIdle()) return;
  event.preventDefault();
  window.rating.whenIdle().then(() => location.assign(link.href));
});

function give(form, submitter) {
  clearTimeout(advance);
  if (isWaiting) return;
  form.elements.seconds.value = ((performance.now() - shownAt) / 1000).toFixed(1);
  const fields = [...new FormData(form, submitter)];
  const candidate = numberOf(form.closest(".rate-card"));
  const entry = { path: form.getAttribute("action"), fields, candidate, submission: form.elements.submission.value, at: Date.now() };
  const isWhole = questions(form).every((each) => !each.hasAttribute("data-required") || isAnswered(each));
  if (!isWhole && submitter?.classList.contains("save")) return tellWhatIsMissing(form, fields);
  remember(draftOf(form), null);
  const next = ahead.shift();
  if (next) show(next);
  else wait();
  window.rating.add(entry);
}

function show(next) {
  const now = card() ?? place.querySelector(".empty");
  now.replaceWith(next);
  htmx.process(next);
  begin();
}

function wait() {
  isWaiting = true;
  card().setAttribute("aria-busy", "true");
}

async function tellWhatIsMissing(form, fields) {
  const line = form.querySelector(".form-error");
  try {
    const options = { method: "POST", body: new URLSearchParams(fields), headers: { "HX-Request": "true" } };
    const response = await fetch(form.getAttribute("action"), options);
    if (response.ok) return location.reload();
    line.replaceChildren(...parse(await response.text()).body.childNodes);
  } catch {
    line.textContent = "Answer every question first.";
  }
  line.scrollIntoView({ block: "nearest" });
}

document.addEventListener("rating:saved", ({ detail }) => {
  const fresh = parse(detail.html);
  const head = fresh.querySelector(".rate-head");
  const present = place.querySelector(".rate-head");
  if (head) {
    const hadFocus = present.contains(document.activeElement);
    present.replaceWith(head);
    htmx.process(head);
    if (hadFocus) card()?.focus({ preventScroll: true });
  }
  take(fresh);
  lookAhead();
});

// What came is the next one to load, or, where nothing was loaded, the next one to show.
function take(fresh) {
  const next = fresh.querySelector(".rate-card");
  if (next && !held().has(numberOf(next))) bring(next);
  else if (!next && (isWaiting || !card()) && !ahead.length) {
    const empty = fresh.querySelector(".empty");
    if (empty) show(empty);
    isWaiting = false;
  }
}

function bring(next) {
  ahead.push(next);
  if (isWaiting || !card()) show(ahead.shift());
}

document.addEventListener("rating:refused", ({ detail: { entry, html } }) => {
  const version = entry.fields.find(([name]) => name === "version")?.[1];
  remember(`${draftPrefix}${entry.candidate}.${version}`, JSON.stringify(entry.fields));
  const sentence = document.createElement("p");
  const link = document.createElement("a");
  link.href = entry.path;
  link.textContent = "Look at it again";
  sentence.append(`Your answer to an example was not saved. `, parse(html).body.textContent.trim(), " ", link);
  refused.append(sentence);
  refused.scrollIntoView({ block: "nearest" });
  if (isWaiting) location.assign(entry.path);
  else lookAhead();
});

let isLooking = false;
let isAskedAgain = false;

// What failed before somebody signed in again is tried once more after it.
async function lookAhead() {
  isAskedAgain = true;
  if (isLooking) return;
  isLooking = true;
  while (isAskedAgain && card()) {
    isAskedAgain = false;
    try {
      await load();
    } catch {
      // Without a network the next one comes once there is one again.
    }
  }
  isLooking = false;
}

async function load() {
  while (ahead.length < AHEAD) {
    const address = new URL(place.dataset.ahead, location);
    address.searchParams.set("held", [...held()].join());
    const response = await fetch(address, { headers: { "HX-Request": "true" } });
    const next = response.ok && !response.redirected ? parse(await response.text()).querySelector(".rate-card") : null;
    if (!next || held().has(numberOf(next))) break;
    bring(next);
  }
}

async function renewGuidelines(version) {
  if (!guidelines || guidelines.dataset.version === version) return;
  guidelines.dataset.version = version;
  try {
    const fresh = parse(await (await fetch(location.href)).text()).getElementById("guidelines");
    if (fresh) guidelines.replaceChildren(...fresh.childNodes);
  } catch {
    guidelines.dataset.version = ""; // with the next example
  }
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-guides]")) return;
  if (guidelines.open) guidelines.close();
  else if (matchMedia("(min-width: 75rem)").matches) guidelines.show();
  else guidelines.showModal();
});

document.addEventListener("htmx:after:swap", () => begin());

window.rating.held = held;
begin(false);
// After a reload: what was answered already waits for its answer to be stored.
if (card() && window.rating.candidates().includes(numberOf(card()))) wait();
window.rating.start();
lookAhead();
