// A page that shows a unit stays true by itself: a WebSocket says that something happened, the page is fetched anew and
// its parts that change (data-part) are put in place. The same fetch follows every lost connection, and a slow rhythm runs beside it, so
// that a network without WebSockets only makes the page slower, never wrong. Without this script every button is a
// plain form.

const RHYTHM = 20000; // ms between two fetches beside a working WebSocket
const ALONE = 5000; // ms between two fetches without one
const WAITS = [1000, 2000, 5000, 10000, 30000]; // ms before the next try of the WebSocket

document.cookie = `tz=${Intl.DateTimeFormat().resolvedOptions().timeZone};path=/;max-age=31536000;samesite=lax`;

const main = document.querySelector("main[data-watch]");
const lost = document.getElementById("lost");
const ended = document.getElementById("ended");

export function connected(yes) {
  lost.hidden = yes;
}

// Why a request came to nothing: `kind` is lost (it did not arrive), late (no answer came), ended (the session has), or
// refused, with the server's own words.
class Failure extends Error {
  constructor(kind, reason = "", staleToken = false, html = "") {
    super(reason || kind);
    this.kind = kind;
    this.staleToken = staleToken;
    this.html = html; // of the page that says why
  }
}

function parse(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

export async function ask(url, options = {}) {
  let answer;
  let text;
  try {
    answer = await fetch(url, {
      ...options,
      headers: { "X-Requested-With": "fetch", ...options.headers },
      credentials: "same-origin",
      signal: AbortSignal.timeout(30000),
    });
    text = await answer.text();
  } catch (problem) {
    throw new Failure(problem.name === "TimeoutError" || answer ? "late" : "lost");
  }
  if (ended) ended.hidden = answer.status !== 401;
  if (answer.status === 401) throw new Failure("ended");
  if (!answer.ok) {
    const page = parse(text);
    const reason = page.querySelector("[data-reason]")?.textContent.trim() || String(answer.status);
    throw new Failure("refused", reason, page.querySelector("[data-stale-token]") !== null, text);
  }
  return text;
}

export function show(html) {
  const fresh = parse(html);
  if (fresh.title) document.title = fresh.title; // it may name a step
  const token = fresh.querySelector("input[name=csrfmiddlewaretoken]")?.value;
  if (token) for (const box of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) box.value = token;
  for (const old of document.querySelectorAll("[data-part]")) {
    const part = fresh.getElementById(old.id);
    if (!part || part.innerHTML === old.innerHTML) continue;
    if ("lasting" in old.dataset) {
      if (part.textContent.trim()) old.textContent = part.textContent.trim(); // what was done is said until the next press
      continue;
    }
    // Other scripts may keep the old part as it is, or take something over from it.
    const renew = { bubbles: true, cancelable: true, detail: part };
    if (!old.dispatchEvent(new CustomEvent("renew", renew))) continue;
    const focused = old.contains(document.activeElement) ? document.activeElement.className : "";
    const problem = old.querySelector("[data-problem]:not([hidden])");
    if (problem) keep(problem, part);
    old.replaceWith(part);
    if (focused) (part.querySelector(`button.${focused.split(" ")[0]}:not(:disabled)`) ?? part.querySelector("h2"))?.focus();
    part.dispatchEvent(new CustomEvent("renewed", { bubbles: true }));
  }
}

// Why a press came to nothing stays until the next press, or until it is closed: whatever the part looks like by now, and
// though it offers nothing to press any more, which may be the very reason.
function keep(problem, part) {
  const place = part.querySelector("[data-problem]");
  if (place) place.replaceWith(problem);
  else part.append(problem);
}

export function complain(box, text, ...more) {
  const close = document.createElement("button");
  close.type = "button";
  close.className = "close";
  close.title = box.dataset.close;
  close.ariaLabel = box.dataset.close;
  close.textContent = "×";
  close.addEventListener("click", () => {
    box.hidden = true;
  });
  box.replaceChildren(text, ...more, close);
  box.hidden = false;
  box.scrollIntoView({ block: "nearest" });
}

// What may be done is another thing after something was. What is being typed into the other forms goes on there.
function renew(acts, html, sent) {
  const fresh = parse(html).getElementById("acts");
  const problem = acts.querySelector("[data-problem]:not([hidden])");
  if (!fresh && !problem) return acts.remove();
  if (!fresh) return acts.replaceChildren(problem);
  const focused = acts.contains(document.activeElement) ? document.activeElement : null;
  const selection = focused && "selectionStart" in focused ? [focused.selectionStart, focused.selectionEnd] : null;
  const formOf = (action) => [...fresh.querySelectorAll("form")].find((one) => one.action === action);
  for (const old of acts.querySelectorAll("form")) {
    const form = formOf(old.action);
    if (!form || old === sent) continue;
    for (const box of form.elements) carry(old.elements[box.name], box);
    if (form.closest("details")) form.closest("details").open = old.closest("details").open;
  }
  if (problem) keep(problem, fresh);
  acts.replaceWith(fresh);
  if (!focused) return;
  const same = focused.id && document.getElementById(focused.id);
  (same || formOf(focused.form?.action)?.querySelector("button"))?.focus();
  if (same && selection && selection[0] !== null) same.setSelectionRange(...selection);
}

function carry(from, to) {
  if (!from || to.type === "hidden" || to.matches("button")) return;
  if (to.type === "checkbox") to.checked = from.checked;
  else if (!to.matches("select") || [...to.options].some((one) => one.value === from.value)) to.value = from.value;
}

function typed(form) {
  return JSON.stringify([...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken"));
}

// What has no way back is asked about, in the place of the form that was sent.
function question(form, html) {
  const asked = parse(html).querySelector("form[data-question]");
  if (!asked) return false;
  asked.querySelector("[data-cancel]").addEventListener("click", (event) => {
    event.preventDefault();
    asked.replaceWith(form);
    form.querySelector("button").focus();
  });
  form.replaceWith(asked);
  asked.querySelector("button").focus();
  return true;
}

let asking = false;
let again = false;

async function refresh() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    show(await ask(location.href));
    connected(true);
  } catch (problem) {
    connected(problem.kind === "ended");
  } finally {
    asking = false;
    if (again) {
      again = false;
      refresh();
    }
  }
}

// A page of before one has signed in anew (in another tab) bears an old token: fetch the page for a fresh one, once.
export async function send(form, button = null) {
  const body = new FormData(form, button);
  const ordered = () => {
    const token = form.elements.csrfmiddlewaretoken?.value;
    if (token) body.set("csrfmiddlewaretoken", token);
    return ask(form.action, { method: "POST", body });
  };
  try {
    return await ordered();
  } catch (problem) {
    if (!problem.staleToken) throw problem;
    const token = parse(await ask(location.href)).querySelector("input[name=csrfmiddlewaretoken]")?.value;
    if (!token) throw problem;
    for (const box of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) box.value = token;
    return ordered();
  }
}

async function order(form) {
  const button = form.querySelector("button");
  const within = form.closest("#acts") ? "#acts" : "main";
  const acts = () => (within === "#acts" ? document.getElementById("acts") : null);
  const box = () => document.querySelector(`${within} [data-problem]`);
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true"); // not disabled: it would lose the focus
  button.setAttribute("aria-busy", "true");
  box().hidden = true;
  document.getElementById("told")?.replaceChildren();
  const before = typed(form);
  const free = () => {
    button.removeAttribute("aria-disabled");
    button.removeAttribute("aria-busy");
  };
  try {
    const html = await send(form);
    free();
    connected(true);
    if (question(form, html)) return;
    show(html);
    if (acts()) renew(acts(), html, typed(form) === before ? form : null);
  } catch (problem) {
    free();
    const said = box();
    if (!said) return;
    const text = problem.kind === "refused" ? `${said.dataset.refused} ${problem.message}` : said.dataset[problem.kind];
    complain(said, text, ...(problem.kind === "ended" ? [" ", ended.querySelector("a").cloneNode(true)] : []));
    if (problem.kind !== "refused") return;
    // What stands now may be another thing than this page shows: the next press is on what it is.
    const html = await ask(location.href).catch(() => "");
    if (!html) return;
    show(html);
    if (acts()) renew(acts(), html, null);
  }
}

function watch(tries = 0) {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
  socket.onopen = () => {
    tries = 0;
    socket.send(JSON.stringify({ watch: main.dataset.watch }));
  };
  socket.onmessage = () => {
    main.dataset.live = "on";
    refresh(); // being told that we watch counts too: what happened meanwhile is fetched
  };
  socket.onclose = (event) => {
    main.dataset.live = "off";
    if (event.code === 4401) {
      refresh(); // signed out: the fetch leads to the log-in page
      return;
    }
    setTimeout(() => watch(tries + 1), WAITS[Math.min(tries, WAITS.length - 1)]);
  };
}

// Long work: its page is fetched anew each second while it goes on.
if (document.querySelector("[data-at-work]")) {
  const beat = setInterval(() => {
    if (document.hidden) return;
    if (document.querySelector("[data-at-work]")) refresh();
    else clearInterval(beat);
  }, 1000);
}

// On a phone the filters lie in one row: the chosen one is in sight.
const row = document.querySelector(".chips .row");
const chosen = row?.querySelector("[aria-current]");
if (chosen) row.scrollLeft = chosen.offsetLeft - (row.clientWidth - chosen.offsetWidth) / 2;

// A menu that was opened closes by itself when one goes on elsewhere.
const close = (except) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
};
document.addEventListener("click", (event) => close(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("details.menu[open]");
  if (!menu) return;
  close(null);
  menu.querySelector("summary").focus();
});

// Units to tick: one tick for all that are shown, a range with Shift, and how many are chosen.
const every = document.querySelector("input[data-every]");
if (every) {
  const boxes = [...document.querySelectorAll("input[name=unit]")];
  const all = document.querySelector("#bulk input[name=all]");
  const count = document.querySelector("[data-count]");
  const tell = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    const { none, one, many } = count.dataset;
    count.value = all.checked ? count.dataset.all : ticked === 0 ? none : ticked === 1 ? one : many.replace("#", ticked);
    every.checked = ticked === boxes.length;
    every.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  let last = null;
  every.closest("label").hidden = count.hidden = false;
  every.addEventListener("change", () => {
    for (const box of boxes) box.checked = every.checked;
    tell();
  });
  for (const box of boxes) {
    box.addEventListener("click", (event) => {
      if (event.shiftKey && last && last !== box) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
        for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
      }
      last = box;
      tell();
    });
  }
  all.addEventListener("change", tell);
  tell();
}

if (main) {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-order]")) return;
    event.preventDefault();
    order(event.target);
  });
  watch();
  let last = Date.now();
  setInterval(() => {
    if (document.hidden || Date.now() - last < (main.dataset.live === "on" ? RHYTHM : ALONE)) return;
    last = Date.now();
    refresh();
  }, 1000);
  addEventListener("online", refresh);
  addEventListener("offline", () => connected(false));
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
}
