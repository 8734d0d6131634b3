// A button that prints; without scripts it is not there, and the browser's own way is.
for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
