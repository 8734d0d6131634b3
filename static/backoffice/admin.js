// Enter in the search's box (Ctrl+K) opens the first line found where none was gone to, and nothing where none is found.
if (window.searchCommand) {
  const themes = window.searchCommand;
  window.searchCommand = () => {
    const box = themes();
    const select = box.selectItem;
    box.selectItem = function (...how) {
      if (!this.items?.length) return;
      this.currentIndex ||= 1;
      select.apply(this, how);
    };
    return box;
  };
}

// A link that is handed on: one press copies it.
addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const box = document.getElementById(button.dataset.copy);
  box.select();
  const said = () => { button.textContent = button.dataset.done; };
  if (navigator.clipboard) navigator.clipboard.writeText(box.value).then(said, () => {});
  else if (document.execCommand("copy")) said();
});

// What is pressed twice is sent once: the answer to the first press would be lost, and with it a key that is shown once.
addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-once]");
  if (!form) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});

// Whoever pressed a button finds it under their fingers again when the page comes back after the act.
addEventListener("DOMContentLoaded", () => {
  const act = document.querySelector("form.act");
  if (act) {
    act.addEventListener("submit", () => sessionStorage.setItem("act", location.pathname));
    return;
  }
  const pressed = sessionStorage.getItem("act");
  sessionStorage.removeItem("act");
  const button = pressed && [...document.querySelectorAll("a[href]")].find((link) => link.pathname === pressed);
  if (!button) return;
  // One of those folded into a menu: the menu's own button.
  const menu = button.closest("[x-data]")?.querySelector("[x-on\\:click], button, a");
  const seen = button.checkVisibility() ? button : menu;
  if (seen && !seen.matches("a[href], button")) seen.tabIndex = 0;
  setTimeout(() => seen?.focus());
});
