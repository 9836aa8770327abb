// Keys of the rating page: each is printed on the button that it presses.

function isTyping(target) {
  return target.matches("textarea, select, input:not([type=radio]):not([type=checkbox]), [contenteditable]");
}

function keyed(key) {
  const wanted = key.length === 1 ? key.toLowerCase() : key;
  const found = document.querySelectorAll(`[data-key="${CSS.escape(wanted)}"]`);
  return [...found].find((each) => !each.disabled && !each.closest("[hidden], fieldset:disabled"));
}

function press(element) {
  if (element.tagName !== "SUMMARY") return element.click();
  const details = element.parentElement;
  details.open = !details.open;
  if (details.open) details.querySelector("textarea, input:not([type=hidden]), button")?.focus();
  else element.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (document.querySelector("dialog:modal")) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "Escape") return document.querySelector("dialog[open]")?.close();
  // Enter and space keep their meaning on whatever has the focus.
  if ((event.key === "Enter" || event.key === " ") && event.target.closest("a, button, summary")) return;
  const element = keyed(event.key);
  if (!element) return;
  event.preventDefault();
  press(element);
});

// The second half of a double click would meet the next example.
document.addEventListener(
  "click",
  (event) => {
    if (event.detail > 1 && event.target.closest(".rate-actions, .skip-reasons")) event.preventDefault();
  },
  true,
);
