// The bench: a scanner types faster than people, Enter goes to the next field, digits press the buttons, and what was
// typed stays: over a refusal, a lost network, a reload, and while the page renews itself. Without this script every
// button is a plain form.
import { ask, complain, connected, send, show } from "./console.js";

const BEAT = 60000; // ms between two signs that somebody is at this page
const ALONE = 120; // ms; a digit that nothing follows within them is a press of a button

const main = document.querySelector("main.bench");
const step = () => document.getElementById("step");
const form = () => document.querySelector("form[data-step]");
const typing = (box) => box?.matches?.("input:not([type=radio], [type=checkbox]), textarea, select");
const same = (part) => (part?.dataset.same ?? "").replace("!", "");

// ---- what was typed survives a reload of the page ----
const shelf = () => `bench ${location.pathname} ${same(step())}`;
const written = (one) => [...new FormData(one)].filter(([name, value]) => name.startsWith("in.") && value !== "");

function shelve() {
  if (!form()) return;
  try {
    sessionStorage.setItem(shelf(), JSON.stringify(written(form())));
  } catch {
    // a browser that keeps nothing: the page itself still does
  }
}

function unshelve() {
  if (!form() || step().dataset.same.endsWith("!")) return; // after a refusal the server shows what was typed
  let kept = [];
  try {
    kept = JSON.parse(sessionStorage.getItem(shelf()) ?? "[]");
  } catch {
    return;
  }
  const seen = new Set(kept.map(([name]) => name));
  for (const box of form().elements) {
    if (!seen.has(box.name)) continue;
    const values = kept.filter(([name]) => name === box.name).map(([, value]) => value);
    if (box.type === "radio" || box.type === "checkbox") box.checked = values.includes(box.value);
    else box.value = values[0];
  }
}

function forget() {
  try {
    sessionStorage.removeItem(shelf());
  } catch {
    // nothing was kept
  }
}

// ---- the page renews itself ----
// The same step stays as it is, with what is being typed; what a jig sent meanwhile fills the fields that are empty.
function fill(old, fresh) {
  const mine = old.querySelector("form[data-step]");
  const theirs = fresh.querySelector("form[data-step]");
  if (!mine || !theirs) return;
  const touched = new Set(written(mine).map(([name]) => name));
  for (const box of mine.elements) {
    if (!box.name.startsWith("in.") || touched.has(box.name) || box === document.activeElement) continue;
    for (const one of theirs.elements) {
      if (one.name !== box.name) continue;
      if (box.type === "radio" || box.type === "checkbox") {
        if (one.value === box.value) box.checked = one.checked;
      } else box.value = one.value;
    }
  }
}

let focused = null;

document.addEventListener("renew", (event) => {
  const [old, fresh] = [event.target, event.detail];
  if (old.id === "step" && same(old) === same(fresh) && !fresh.dataset.same.endsWith("!")) {
    fill(old, fresh);
    event.preventDefault();
    return;
  }
  for (const fold of old.querySelectorAll("details[id]")) {
    const other = fresh.querySelector(`#${fold.id}`);
    if (other) other.open = fold.open;
  }
  const at = old.contains(document.activeElement) ? document.activeElement : null;
  focused = at && { name: at.name, action: at.form?.action, step: old.id === "step" };
  if (old.id === "step") return;
  for (const one of old.querySelectorAll("form")) {
    const other = [...fresh.querySelectorAll("form")].find((found) => found.action === one.action);
    for (const box of other?.elements ?? []) {
      if (typing(box) && !["hidden", "file"].includes(box.type) && one.elements[box.name]) box.value = one.elements[box.name].value;
    }
  }
});

document.addEventListener("renewed", (event) => {
  const part = event.target;
  if (part.id === "step") {
    const seen = form()?.elements.seen?.value; // the other forms are of the step that stands now, too
    for (const box of document.querySelectorAll("input[name=seen]")) if (seen) box.value = seen;
    if (!form()) for (const past of document.querySelectorAll("#fold-hand-over, .add-photos")) past.remove(); // it has ended
    unshelve();
    beat();
    if (focused?.step || document.activeElement === document.body) begin();
  } else if (focused) {
    const there = [...part.querySelectorAll("form")].find((one) => one.action === focused.action);
    (there?.elements[focused.name] || there?.querySelector("button"))?.focus?.();
  }
  focused = null;
});

// ---- keys ----
const fields = () => [...(form()?.elements ?? [])].filter((box) => box.name?.startsWith("in.") && box.type !== "hidden");

// Where somebody goes on: the field that was refused, else the first empty one, else the button that Enter presses.
function begin() {
  if (!form()) {
    document.getElementById("scan")?.focus(); // all is done here: the next unit
    return;
  }
  const wrong = step()?.querySelector("[aria-invalid], .bad input");
  const boxes = fields();
  const groups = new Set(boxes.filter((box) => box.checked).map((box) => box.name));
  const empty = boxes.find((box) =>
    box.type === "radio" || box.type === "checkbox" ? !groups.has(box.name) : box.value === "");
  const target = wrong ?? empty ?? step()?.querySelector("[data-enter]") ?? step()?.querySelector(".press");
  target?.focus({ preventScroll: !wrong });
  if (wrong && typing(wrong)) wrong.select(); // the next scan takes the place of the wrong one
}

function onward(box) {
  const boxes = fields();
  const later = boxes.slice(boxes.indexOf(box) + 1).filter((one) => one.name !== box.name);
  if (later.length) {
    const checked = later.find((one) => one.name === later[0].name && one.checked);
    (checked ?? later[0]).focus();
    return;
  }
  const good = form().querySelector("[data-enter]");
  if (good) good.click();
  else form().querySelector(".press")?.focus();
}

let digit = null; // the key that may be a press of a button, or the first of a scan

// Keys outside of any text: one digit alone presses its button; all else is a scan, and goes on in the field for parts,
// or in the one that finds units. The keys go there one by one, so that a slow scanner loses none.
function outside(event) {
  if (event.key.length !== 1 || event.key === " ") return;
  const before = digit?.key ?? "";
  clearTimeout(digit?.pressing);
  digit = null;
  if (!before && /[1-9]/.test(event.key)) {
    const { key } = event;
    const pressing = setTimeout(() => {
      digit = null;
      form()?.querySelector(`[data-key="${key}"]`)?.click();
    }, ALONE);
    digit = { key, pressing };
    return;
  }
  const box = form()?.querySelector("[data-part-scan]") ?? document.getElementById("scan") ?? document.getElementById("scan-many");
  if (!box) return;
  box.focus();
  box.value = before; // what is pressed now is typed behind it
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const box = event.target;
  if (!typing(box)) {
    const ours = box.form && box.form === form();
    if (event.key === "Enter" && ours && !box.matches("button")) {
      event.preventDefault();
      onward(box);
      return;
    }
    outside(event);
  } else if (event.key === "Enter" && box.form === form() && form() && !box.matches("textarea")) {
    event.preventDefault();
    shelve();
    onward(box);
  }
});

// ---- presses ----
const problem = () => document.querySelector("[data-problem]");

async function press(sent, button) {
  if (sent.getAttribute("aria-busy") === "true") return;
  sent.setAttribute("aria-busy", "true");
  button?.setAttribute("aria-busy", "true");
  if (problem()) problem().hidden = true;
  document.getElementById("told")?.replaceChildren();
  const ours = sent === form();
  const stood = same(step());
  if (ours) shelve();
  const free = () => {
    sent.removeAttribute("aria-busy");
    button?.removeAttribute("aria-busy");
  };
  try {
    const html = await send(sent, button);
    free();
    connected(true);
    if (ours) forget();
    else clear(sent);
    const watched = /data-watch="([^"]*)"/.exec(html)?.[1];
    if (ours && watched && watched !== main.dataset.watch) location.reload(); // it goes by another board's IMEI now
    else show(html);
    // Another step stands (undone), or what was pressed is gone (taken): the keyboard goes on at the step.
    if (same(step()) !== stood || document.activeElement === document.body) begin();
  } catch (failure) {
    free();
    if (!failure.kind) throw failure;
    const box = problem();
    if (ours && failure.kind === "refused" && failure.html.includes('id="step"')) {
      show(failure.html); // it says itself what is wrong, and where
      begin();
      document.querySelector("#step [data-reason]")?.scrollIntoView({ block: "nearest" });
      return;
    }
    if (!box) return;
    const text = failure.kind === "refused" ? `${box.dataset.refused} ${failure.message}` : box.dataset[failure.kind];
    const way = failure.kind === "ended" ? [" ", document.querySelector("#ended a").cloneNode(true)] : [];
    complain(box, text, ...way);
    // What stands now may be another thing than this page shows.
    const html = failure.kind === "refused" && !sent.matches("[data-many]") ? await ask(location.href).catch(() => "") : "";
    if (html) show(html);
  }
}

// What was sent is done: its form is empty and folded again.
function clear(sent) {
  if (sent.matches("[data-many]")) return;
  sent.reset();
  for (const box of sent.querySelectorAll("textarea, input:not([type=hidden])")) box.value = "";
  const fold = sent.closest("#beside details");
  if (fold) fold.open = false;
}

// Scans of many come faster than answers: each waits for the one before it.
let line = Promise.resolve();

document.addEventListener("submit", (event) => {
  const sent = event.target;
  if (!sent.matches("form[data-bench]") || event.defaultPrevented) return;
  event.preventDefault();
  const button = event.submitter;
  if (!sent.matches("[data-many]")) {
    press(sent, button);
    return;
  }
  const box = sent.elements.scan;
  const scanned = box.value;
  if (scanned.trim()) box.value = "";
  line = line.then(async () => {
    const typed = box.value;
    box.value = scanned;
    const sending = press(sent, button);
    box.value = typed;
    await sending;
    if (problem() && !problem().hidden && !box.value) box.value = scanned; // it did not arrive: it is not lost
    box.focus();
  });
});

// A list that is pasted: a field of one line would run its lines together.
document.addEventListener("paste", (event) => {
  const sent = event.target.closest?.("form[data-many]");
  const text = event.clipboardData?.getData("text") ?? "";
  if (!sent || !/\S\s*[\r\n]\s*\S/.test(text)) return;
  event.preventDefault();
  const lines = Object.assign(document.createElement("input"), { type: "hidden", name: "pasted", value: text });
  sent.append(lines);
  sent.requestSubmit(sent.elements.add);
  line.finally(() => lines.remove());
});

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    if (!event.target.form || event.target.form !== form()) return;
    shelve();
    const wrong = event.target.closest(".bad"); // it is another value now; whether it is good is said when it is sent
    wrong?.classList.remove("bad");
    wrong?.querySelector(".wrong")?.remove();
    event.target.removeAttribute("aria-invalid");
  });
}

// ---- somebody is at this page ----
let beaten = 0;

async function beat() {
  const sign = document.getElementById("beat");
  if (!sign || !form() || document.hidden) return;
  beaten = Date.now();
  await ask(sign.action, { method: "POST", body: new FormData(sign) }).catch(() => {});
}

if (document.getElementById("beat")) {
  setInterval(() => Date.now() - beaten >= BEAT && beat(), 5000);
  document.addEventListener("visibilitychange", () => document.hidden || beat());
  beat();
}
if (main && step()) {
  unshelve();
  if (document.activeElement === document.body) begin();
}
