// What the server would refuse is said before it has gone over a slow network.
document.addEventListener("change", ({ target }) => {
  const sent = target.closest?.(".add-photos");
  if (!sent || target.type !== "file") return;
  const boxes = [...sent.querySelectorAll("input[type=file]")];
  const sizes = boxes.flatMap((box) => [...box.files]).map((file) => file.size);
  const large = Math.max(0, ...sizes) > Number(sent.dataset.each);
  const all = sizes.reduce((sum, size) => sum + size, 0) > Number(sent.dataset.all);
  for (const box of boxes) box.setCustomValidity(box === target && (large || all) ? sent.dataset.tooLarge : "");
  target.reportValidity();
});

// A button that prints; without scripts it is not there, and the browser's own way is.
for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
