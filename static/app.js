// The few things that a page can't do without a script. Every page works without this file; it only makes things
// quicker.

const POLL_EVERY_MS = 3000;

document.addEventListener("htmx:after:swap", (event) => {
  const form = event.detail?.ctx?.sourceElement?.closest?.("form");
  form?.querySelector(".form-error:not(:empty)")?.scrollIntoView({ block: "center" });
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
